const wanted = process.env['BURSAR_FAIL_POINT']
const signal = process.env['BURSAR_FAIL_POINT_SIGNAL'] ?? 'SIGKILL'
let left = Number(process.env['BURSAR_FAIL_POINT_AFTER'] ?? 0)

/**
 * For proofs: the process kills itself here, as a power cut would, when BURSAR_FAIL_POINT names this point and it was
 * passed BURSAR_FAIL_POINT_AFTER times. With BURSAR_FAIL_POINT_SIGNAL=SIGSTOP it stands still instead, until whoever
 * has killed something else meanwhile lets it go on.
 */
export function failPoint(name: string): void {
  if (wanted !== name) return
  if (left-- === 0) process.kill(process.pid, signal)
}
