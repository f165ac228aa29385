/** `?probe`: the studio draws time marks, and pages that show the avatar read them. */
export function probeWanted(): boolean {
  return new URLSearchParams(location.search).has('probe');
}
