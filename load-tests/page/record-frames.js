/**
 * Into both pages: `lokiRecord(selector, seconds, everyMs, sidePx)` resolves with what the element shows (JPEGs in base64,
 * with the Unix time of each), and `lokiCadence(selector)` notes when each frame was shown.
 */
window.lokiRecord = async (selector, seconds, everyMs, sidePx) => {
  const video = document.querySelector(selector);
  const endMs = performance.now() + seconds * 1000;
  const pictures = [];
  let lastMs = -Infinity;
  await new Promise((resolve) => {
    const draw = (nowMs, { expectedDisplayTime }) => {
      if (nowMs > endMs) {
        resolve();
        return;
      }
      video.requestVideoFrameCallback(draw);
      // Half a frame early is not too early.
      if (nowMs - lastMs < everyMs - 15) return;
      lastMs = nowMs;
      const canvas = new OffscreenCanvas(sidePx, sidePx);
      canvas.getContext('2d').drawImage(video, 0, 0, sidePx, sidePx);
      pictures.push({
        atMs: performance.timeOrigin + expectedDisplayTime,
        blob: canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 }),
      });
    };
    video.requestVideoFrameCallback(draw);
    setTimeout(resolve, seconds * 1000 + 5000);
  });
  return Promise.all(
    pictures.map(async ({ atMs, blob }) => {
      const bytes = new Uint8Array(await (await blob).arrayBuffer());
      let text = '';
      for (let i = 0; i < bytes.length; i += 8192)
        text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      return { atMs, jpeg: btoa(text) };
    }),
  );
};

window.lokiCadence = (selector) => {
  const shownMs = [];
  let followed = null;
  // The page may replace its element when it builds its media anew.
  const follow = () => {
    const video = document.querySelector(selector);
    if (video === null || video === followed) return;
    followed = video;
    const shown = (_nowMs, { expectedDisplayTime }) => {
      if (followed !== video) return;
      shownMs.push(performance.timeOrigin + expectedDisplayTime);
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
  };
  follow();
  setInterval(follow, 100);
  window.lokiShownMs = shownMs;
};
