/**
 * Into the driver's page before its own scripts: the microphone becomes a source of short beeps, and
 * `lokiBeeps.onsetsMs` says when each began, Unix milliseconds of this machine.
 */
{
  const BEEP_S = 0.04;
  const LEAST_PAUSE_S = 0.8;
  const MOST_PAUSE_S = 1.2;
  const AHEAD_S = 3;
  const open = navigator.mediaDevices?.getUserMedia?.bind(navigator.mediaDevices);
  if (open) {
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open({ ...constraints, audio: false });
      if (constraints?.audio) stream.addTrack(beeps());
      return stream;
    };
  }

  function beeps() {
    const context = new AudioContext({ sampleRate: 48_000 });
    const tone = new OscillatorNode(context, { frequency: 1000 });
    const gate = new GainNode(context, { gain: 0 });
    const outlet = context.createMediaStreamDestination();
    tone.connect(gate).connect(outlet);
    tone.start();
    let nextS = context.currentTime + 0.5;
    const plan = () => {
      // Pauses differ, so that a beep that is heard can be told from its neighbours.
      while (nextS < context.currentTime + AHEAD_S) {
        gate.gain.setValueAtTime(0.8, nextS);
        gate.gain.setValueAtTime(0, nextS + BEEP_S);
        nextS += LEAST_PAUSE_S + Math.random() * (MOST_PAUSE_S - LEAST_PAUSE_S);
      }
    };
    plan();
    setInterval(plan, 500);
    const [track] = outlet.stream.getAudioTracks();
    window.lokiBeeps = window.lokiFindBeeps(track.clone());
    return track;
  }
}
