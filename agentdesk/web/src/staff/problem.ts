/** Which sentence stands for a refusal: what is in the way when the server says so, else that of the code. Pure. */
import type { ErrorCode } from '@/lib/failure'

/** i18n key that holds `what` and `do`. */
export function problemKey(code: ErrorCode, because: string, known: (key: string) => boolean): string {
  return code === 'wrong_state' && because && known(`stands.${because}.what`) ? `stands.${because}` : `code.${code}`
}
