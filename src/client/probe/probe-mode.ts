/** `?probe`: the studio draws time marks, and viewers read them. */
export function probeWanted(): boolean {
  return new URLSearchParams(location.search).has('probe');
}
