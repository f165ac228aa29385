/** Into a viewer's page before its own scripts: `lokiFirstFrameMs` is when it showed its first frame, since the navigation. */
{
  const timer = setInterval(() => {
    const video = document.querySelector('video');
    if (video === null) return;
    clearInterval(timer);
    video.requestVideoFrameCallback((nowMs) => {
      window.lokiFirstFrameMs = nowMs;
    });
  }, 5);
}
