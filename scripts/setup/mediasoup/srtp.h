/**
 * The worker is written against libsrtp 3; Debian has libsrtp 2. Version 3 takes input and output apart and says
 * how much room there is; version 2 works in place and takes an int. Error numbers that only version 3 has are
 * those of its header.
 */
#pragma once

#include <cstring>
#include <srtp2/srtp.h>

static constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
static constexpr auto srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(29);

namespace srtp3
{
	/** SRTCP appends its index, too, which SRTP_MAX_TRAILER_LEN does not count. */
	static constexpr size_t MaxGrowth{ SRTP_MAX_TRAILER_LEN + 4 };

	template<typename InPlace>
	inline srtp_err_status_t apply(
	  InPlace inPlace, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t growth)
	{
		if (inLen + growth > *outLen)
		{
			return srtp_err_status_buffer_small;
		}

		if (in != out)
		{
			std::memcpy(out, in, inLen);
		}

		int len                        = static_cast<int>(inLen);
		const srtp_err_status_t status = inPlace(out, &len);

		if (status == srtp_err_status_ok)
		{
			*outLen = static_cast<size_t>(len);
		}

		return status;
	}
} // namespace srtp3

inline srtp_err_status_t srtp_protect(
  srtp_t ctx, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t /*mki*/)
{
	return srtp3::apply(
	  [ctx](void* data, int* len) { return srtp_protect(ctx, data, len); },
	  in, inLen, out, outLen, srtp3::MaxGrowth);
}

inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t ctx, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t /*mki*/)
{
	return srtp3::apply(
	  [ctx](void* data, int* len) { return srtp_protect_rtcp(ctx, data, len); },
	  in, inLen, out, outLen, srtp3::MaxGrowth);
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t ctx, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen)
{
	return srtp3::apply(
	  [ctx](void* data, int* len) { return srtp_unprotect(ctx, data, len); }, in, inLen, out, outLen, 0);
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t ctx, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen)
{
	return srtp3::apply(
	  [ctx](void* data, int* len) { return srtp_unprotect_rtcp(ctx, data, len); }, in, inLen, out, outLen, 0);
}

/** Both versions want the SSRC as the worker gives it, in network order. */
inline srtp_err_status_t srtp_stream_remove(srtp_t ctx, uint32_t ssrc)
{
	return srtp_remove_stream(ctx, ssrc);
}
