import { ref } from 'vue'
import { Failure, type ErrorCode } from '@/lib/failure'
import type { StationState, TicketRevise } from '@/lib/protocol.gen'
import type { Socket } from '@/lib/socket'

// What a resident asks of the server: a ticket, another matter, help, the end.

/** ms that the page says the specialist was called, before it may be said again. */
const helpSaidMS = 20_000

export interface CommandsOptions {
  send: Socket['send']
  /** version of the notice under the button */
  consent: () => string
  /** Camera and microphone start with the press, and stop when it came to nothing. */
  cameras: { open(): Promise<void>; close(): void }
}

export function useCommands(options: CommandsOptions) {
  const { send, cameras } = options
  /** A press is on its way. */
  const taking = ref(false)
  /** why it waits, '' while it does not */
  const holdCode = ref<ErrorCode | ''>('')
  const helpAsked = ref(false)
  const problem = ref<ErrorCode | ''>('')
  /** What was just written down instead of waiting, for a while: the page says so. */
  const noted = ref<'callback' | 'materials' | ''>('')
  let notedUntil: ReturnType<typeof setTimeout> | undefined
  /** Said before the press: it goes to the ticket once there is one. */
  let intent: TicketRevise | undefined

  function revise(about: TicketRevise): void {
    send('ticket.revise', about).catch(() => undefined)
  }

  /** Written down, without a place in the line. Kept over a loss of the network, under one id. */
  async function note(what: 'callback' | 'materials', write: () => Promise<unknown>): Promise<void> {
    if (taking.value) return
    taking.value = true
    problem.value = noted.value = ''
    try {
      await write()
      noted.value = what
      clearTimeout(notedUntil)
      notedUntil = setTimeout(() => {
        noted.value = ''
      }, helpSaidMS)
    } catch (error) {
      problem.value = Failure.from(error).code
    } finally {
      taking.value = false
    }
  }

  async function command(type: 'ticket.leave' | 'call.hang_up' | 'station.reset' | 'station.help'): Promise<void> {
    problem.value = ''
    try {
      await send(type, {}, { hold: type !== 'station.help' })
    } catch (error) {
      const code = Failure.from(error).code
      // What is over already needs no sentence.
      if (code !== 'wrong_state' && code !== 'stale') problem.value = code
    }
  }

  return {
    taking, holdCode, helpAsked, problem, noted, revise, command,

    /** A call-back at the next opening; of a station that waits it takes the place of the number. */
    callBack: (lang: string) => note('callback', () => send('callback.take', { consent_text: options.consent(), lang, due_ms: 0 }, { hold: true })),
    leaveMaterials: (lang: string) => note('materials', () => send('materials.leave', { consent_text: options.consent(), lang }, { hold: true })),

    async cancel(ticket: string): Promise<void> {
      problem.value = noted.value = ''
      try {
        await send('booking.cancel', { ticket }, { hold: true })
      } catch (error) {
        const code = Failure.from(error).code
        // It has come due or is gone: the next state says which.
        if (code !== 'wrong_state' && code !== 'stale' && code !== 'not_found') problem.value = code
      }
    },


    /** The one press. The command is kept over a loss of the network, under one id. */
    async press(lang: string, about?: TicketRevise): Promise<void> {
      if (taking.value) return
      taking.value = true
      intent = about
      problem.value = ''
      void cameras.open()
      try {
        await send('ticket.take', { consent_text: options.consent(), lang }, { hold: true })
      } catch (error) {
        problem.value = Failure.from(error).code
        cameras.close()
      } finally {
        taking.value = false
      }
    },

    async help(): Promise<void> {
      helpAsked.value = true
      setTimeout(() => {
        helpAsked.value = false
      }, helpSaidMS)
      await command('station.help')
      if (problem.value !== '') helpAsked.value = false
    },

    /** Takes the server's state of a resident who waits or talks. */
    follow(next: StationState): void {
      if (next.ticket === undefined) return
      if (intent !== undefined && next.ticket.matter === '') revise(intent)
      intent = undefined
    },

    wipe(): void {
      intent = undefined
      helpAsked.value = false
      problem.value = noted.value = ''
    },
  }
}
