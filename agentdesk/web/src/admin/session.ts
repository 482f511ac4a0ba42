/** Who administers. A session that ran out shows the log-in again; what was written stays under it. */
import { onScopeDispose, ref, shallowRef } from 'vue'
import type { User } from '@/lib/api'
import * as client from './client'
import { expiredEvent, Refusal } from './client'

export function useAdminSession() {
  const user = shallowRef<User>()
  const checked = ref(false)
  const failure = shallowRef<Refusal>()
  /** The session ran out under an open page. */
  const expired = ref(false)
  const onExpired = (): void => {
    expired.value = user.value !== undefined
  }
  window.addEventListener(expiredEvent, onExpired)
  onScopeDispose(() => window.removeEventListener(expiredEvent, onExpired))

  async function resume(): Promise<void> {
    failure.value = undefined
    try {
      user.value = await client.me()
    } catch (error) {
      const refused = Refusal.from(error)
      if (refused.code !== 'login') failure.value = refused
    } finally {
      checked.value = true
    }
  }
  /** @throws Refusal */
  async function signIn(name: string, password: string): Promise<void> {
    const before = user.value?.id
    user.value = await client.login(name, password)
    // Somebody else must not find, or save, what the one before had written.
    if (expired.value && before !== user.value.id) location.reload()
    expired.value = false
    failure.value = undefined
  }
  async function signOut(): Promise<void> {
    try {
      await client.logout()
    } catch {
      // The cookie ends by itself.
    }
    user.value = undefined
    expired.value = false
  }
  return { user, checked, expired, failure, resume, signIn, signOut }
}
