"""The networks as they are exported: the same functions of the same weights, in operators that run fast.

What differs from model/: lengths that are known are written down instead of being asked of tensors; 1x1 convolutions
that follow one another are one; pixels are shuffled by blocks of channels; attention's layout is [token, channel], which
integer convolutions have anyway; caches are not copied; single pixels of the decoder are left to the runtime. The tests
hold both forms together.
"""
import torch
from torch import nn
from torch.nn import functional as F

from .config import FRAMES, HEAD_DIM, LATENT, MASKED_AGE
from .model.attention import MASK, SCALE
from .model.autoencoder import PATCH
from .model.denoiser import ATTENTION_LEVELS

#: Outputs of a Split at most.
MAX_PARTS = 6


class DecoderForm(nn.Module):
    """(latent, warp) -> what is left to do per pixel, [n, 64, 64, ...] of each square of PATCH² pixels, row by row:
    residual (red, green, blue) and, after their sigmoids, gate and mask. Takes the normalised latent."""

    def __init__(self, generator):
        super().__init__()
        self.generator, self.decoder = generator, generator.decoder
        self.up_join = UpJoin(self.decoder.up, self.decoder.join)
        weight, bias, first = self.decoder.out.weight, self.decoder.out.bias, 3 * PATCH**2
        self.residual = Weights(weight[:first], bias[:first], padding=1)
        self.weights = Weights(weight[first:], bias[first:], padding=1)

    def forward(self, latent, warp):
        decoder, generator = self.decoder, self.generator
        warp_fine = F.relu(decoder.warp_fine(warp))
        x = decoder.at_32(latent * generator.latent_std + generator.latent_mean, warp_fine)
        x = decoder.fine(self.up_join(x, warp_fine, LATENT))
        return self.residual(x).permute(0, 2, 3, 1), torch.sigmoid(self.weights(x)).permute(0, 2, 3, 1)


class DenoiserForm(nn.Module):
    def __init__(self, denoiser):
        super().__init__()
        self.denoiser = denoiser
        self.blocks = nn.ModuleList(
            [denoiser.down32, denoiser.down16, *denoiser.middle, denoiser.block16, denoiser.block32]
        )
        self.film, self.film_lengths = films([block.film for block in self.blocks])
        self.up16, self.up32 = UpJoin(denoiser.up16.conv, denoiser.join16), UpJoin(denoiser.up32.conv, denoiser.join32)
        self.warp = Weights(denoiser.warp.weight, denoiser.warp.bias + denoiser.visible.bias, stride=4)
        self.attention = nn.ModuleDict(
            {level: ReferenceForm(denoiser.attention[level], int(level)) for level in ATTENTION_LEVELS}
        )
        self.temporal = nn.ModuleDict(
            {level: TemporalForm(layer, int(level)) for level, layer in denoiser.temporal.items()}
        )

    def forward(self, latent, timestep, warp, driver_map, visibility, references, caches, age):
        denoiser, frames, new = self.denoiser, Frames(age), []
        film = iter(parts(self.film(denoiser.time(timestep))[:, :, None, None], self.film_lengths))

        def block(module, x, side):
            h = module.first(F.silu(group_norm(module.norm1, x, side)))
            scale, shift = next(film), next(film)
            return x + module.second(F.silu(normalised(module.norm2, h, side) * scale + shift))

        def attend(x, level):
            x = self.attention[level](x, references[ATTENTION_LEVELS.index(level)], frames)
            if level in self.temporal:
                x, pair = self.temporal[level](x, caches[len(new)], age, frames)
                new.append(pair)
            return x

        seen = denoiser.seen(F.silu(self.warp(warp) + visibility * denoiser.visible.weight.reshape(1, -1, 1, 1)))
        x32 = block(denoiser.down32, denoiser.enter(latent) + seen + denoiser.driver(driver_map), 32)
        x16 = block(denoiser.down16, denoiser.to16(x32), 16)
        x = denoiser.to8(x16)
        for i, module in enumerate(denoiser.middle):
            x = block(module, x, 8)
            if i == 0:
                x = attend(x, "8")
        x = attend(block(denoiser.block16, self.up16(x, x16, 8), 16), "16")
        x = block(denoiser.block32, self.up32(x, x32, 16), 32)
        return denoiser.out(F.silu(group_norm(denoiser.norm, x, 32))), new


class ReferenceForm(nn.Module):
    def __init__(self, layer, side):
        super().__init__()
        self.norm, self.out, self.side, self.heads = layer.norm, layer.out, side, layer.heads
        self.project = projections(layer)

    def forward(self, x, reference, frames):
        side, heads = self.side, self.heads
        y = self.project(group_norm(self.norm, x, side)).permute(0, 2, 3, 1)
        y = y.reshape(-1, side**2, 3 * heads, HEAD_DIM).permute(0, 2, 1, 3)
        query, key, value = y.split(heads, dim=1)  # [n, heads, tokens, 64]
        key, value = (torch.cat((own, frames.repeat(known)), dim=2) for own, known in zip((key, value), reference))
        mixed = torch.softmax(query @ key.transpose(2, 3), dim=-1) @ value
        return x + self.out(picture(mixed.permute(0, 2, 1, 3), side, heads))


class TemporalForm(nn.Module):
    def __init__(self, layer, side):
        super().__init__()
        self.norm, self.out, self.side, self.heads = layer.norm, layer.out, side, layer.heads
        self.project = projections(layer)
        masked = torch.full((layer.heads, MASKED_AGE + 1 - FRAMES), MASK)
        self.register_buffer("bias", torch.cat((layer.bias.detach(), masked), dim=1))

    def forward(self, x, cache, age, frames):
        side, heads = self.side, self.heads
        y = self.project(group_norm(self.norm, x, side)).permute(0, 2, 3, 1)
        y = frames.apart(y, side**2, 3 * heads, HEAD_DIM).permute(0, 2, 3, 1, 4)
        query, key, value = y.split(heads, dim=2)  # [B, places, heads, F, 64]
        scores = torch.cat((query @ cache[0].transpose(3, 4), query @ key.transpose(3, 4)), dim=-1)
        before, now = frames.split(torch.softmax(scores + self.bias[:, age], dim=-1))
        mixed = before @ cache[1] + now @ value
        return x + self.out(picture(mixed.permute(0, 3, 1, 2, 4), side, heads)), (key, value)


class UpJoin(nn.Module):
    """join(cat(pixel_shuffle(up(x), 2), skip)): a 1x1 convolution may go before a shuffle, and of a sum each part alone.

    Channels of `mixed` are in the order (row, column, channel), so that with channels last the shuffle moves blocks.
    """

    def __init__(self, up, join):
        super().__init__()
        outputs, inner = join.weight.shape[0], up.weight.shape[0] // 4
        own, rest = join.weight[:, :inner], join.weight[:, inner:]
        weight = torch.einsum("oc,csi->soi", own[:, :, 0, 0], up.weight.reshape(inner, 4, -1))
        bias = torch.einsum("oc,cs->so", own[:, :, 0, 0], up.bias.reshape(inner, 4))
        self.outputs = outputs
        self.mixed = Weights(weight.reshape(4 * outputs, -1, 1, 1), bias.reshape(-1))
        self.skip = Weights(rest, join.bias)

    def forward(self, x, skip, side):
        """x [n, C, side, side], skip [n, C', 2 side, 2 side] -> [n, C'', 2 side, 2 side]."""
        x = self.mixed(x).permute(0, 2, 3, 1).reshape(-1, side, 2, 2 * self.outputs).permute(0, 2, 1, 3)
        return x.reshape(-1, 2 * side, 2 * side, self.outputs).permute(0, 3, 1, 2) + self.skip(skip)


class Weights(nn.Module):
    """A convolution whose weights were made of others'."""

    def __init__(self, weight, bias, stride=1, padding=0):
        super().__init__()
        self.stride, self.padding = stride, padding
        self.weight, self.bias = nn.Parameter(weight.detach().clone()), nn.Parameter(bias.detach().clone())

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


def projections(layer):
    """Query, key and value in one convolution; the query is scaled already."""
    return Weights(
        torch.cat((layer.query.weight * SCALE, layer.key.weight, layer.value.weight)),
        torch.cat((layer.query.bias * SCALE, layer.key.bias, layer.value.bias)),
    )


def films(layers):
    """All blocks' scales (1 added) and shifts in one linear map, and the lengths of its parts."""
    biases = []
    for layer in layers:
        half = layer.bias.shape[0] // 2
        biases += [layer.bias[:half] + 1, layer.bias[half:]]
    whole = nn.Linear(layers[0].in_features, sum(len(bias) for bias in biases))
    with torch.no_grad():
        whole.weight.copy_(torch.cat([layer.weight for layer in layers]))
        whole.bias.copy_(torch.cat(biases))
    return whole, [len(bias) for bias in biases]


def parts(x, lengths):
    """Splits [n, C, ...] into so many channels each, in two goes where there are many: a GPU may have as few as eight
    buffers for an operator's inputs and outputs."""
    groups = [lengths[i : i + MAX_PARTS] for i in range(0, len(lengths), MAX_PARTS)]
    if len(groups) == 1:
        return x.split(lengths, dim=1)
    wholes = x.split([sum(group) for group in groups], dim=1)
    return [part for whole, group in zip(wholes, groups) for part in whole.split(group, dim=1)]


def normalised(norm, x, side):
    """GroupNorm of [n, C, side, side] without its scale and shift."""
    groups, channels = norm.num_groups, norm.num_channels
    x = x.reshape(-1, groups, channels // groups * side * side)
    return InstanceNorm.apply(x, torch.ones(groups), torch.zeros(groups), norm.eps).reshape(-1, channels, side, side)


def group_norm(norm, x, side):
    return ScaleShift.apply(normalised(norm, x, side), norm.weight, norm.bias)


def picture(tokens, side, heads):
    """[..., heads, 64] of side² tokens each -> [n, heads * 64, side, side]."""
    return tokens.reshape(-1, side, side, heads * HEAD_DIM).permute(0, 3, 1, 2)


class Frames:
    """What depends on F and N, which are known only when the graph runs, and are asked once."""

    def __init__(self, age):
        both = torch._shape_as_tensor(age)
        self.count = both[:1]  # F
        self.lengths = torch.cat((both[1:] - both[:1], both[:1]))  # N, F

    def repeat(self, y):
        """[B, heads, tokens, 64] -> [B*F, heads, tokens, 64]."""
        _, heads, tokens, width = (int(length) for length in y.shape)
        one = torch.ones(1, dtype=torch.int64)
        y = Expand.apply(y.unsqueeze(1), torch.cat((one, self.count, one, one, one)))
        return y.reshape(-1, heads, tokens, width)

    def apart(self, y, *rest):
        """[B*F, ...] -> [B, F, *rest]."""
        return Reshape.apply(y, torch.cat((torch.tensor([-1]), self.count, torch.tensor(rest))))

    def split(self, weights):
        """[..., N + F] -> [..., N], [..., F]."""
        return Split.apply(weights, self.lengths)


class InstanceNorm(torch.autograd.Function):
    @staticmethod
    def forward(_, x, scale, shift, epsilon):
        return torch.instance_norm(x, scale, shift, None, None, True, 0.0, epsilon, False)

    @staticmethod
    def symbolic(g, x, scale, shift, epsilon):
        return g.op("InstanceNormalization", x, scale, shift, epsilon_f=epsilon)


class ScaleShift(torch.autograd.Function):
    """Of each channel, in one pass: a batch norm of mean 0 and variance 1."""

    @staticmethod
    def forward(_, x, scale, shift):
        return x * scale.reshape(1, -1, 1, 1) + shift.reshape(1, -1, 1, 1)

    @staticmethod
    def symbolic(g, x, scale, shift):
        channels = scale.type().sizes()[0]
        mean, variance = (g.op("Constant", value_t=make(channels)) for make in (torch.zeros, torch.ones))
        return g.op("BatchNormalization", x, scale, shift, mean, variance, epsilon_f=0.0)


class Reshape(torch.autograd.Function):
    """Torch's own asks for every length of the input; likewise below."""

    @staticmethod
    def forward(_, x, shape):
        return x.reshape(shape.tolist())

    @staticmethod
    def symbolic(g, x, shape):
        return g.op("Reshape", x, shape)


class Expand(torch.autograd.Function):
    """Where `shape` has 1 the length stays."""

    @staticmethod
    def forward(_, x, shape):
        return x.expand(torch.broadcast_shapes(x.shape, shape.tolist())).clone()

    @staticmethod
    def symbolic(g, x, shape):
        return g.op("Expand", x, shape)


class Split(torch.autograd.Function):
    @staticmethod
    def forward(_, x, lengths):
        return tuple(part.clone() for part in x.split(lengths.tolist(), dim=-1))

    @staticmethod
    def symbolic(g, x, lengths):
        return g.op("Split", x, lengths, axis_i=-1, outputs=2)
