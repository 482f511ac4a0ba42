import { ref, shallowRef } from 'vue'
import type { ServerClock } from '@/lib/clock'
import type { PartCheck } from '@/lib/protocol.gen'
import type { Cameras } from './cameras'
import { loudness, luminance, outputs, verdicts, type Readings } from './checks'
import { restMS, ringMS } from './rest'

// When the parts of a station are looked at, and what was read last.

/** ms between two self-checks of a kiosk where nobody is. */
export const checkEveryMS = 15 * 60_000
/** ms between two self-checks that a change of devices asks for. */
export const checkAgainMS = 5_000
/** Checks in a row for changes sooner than that: a headset that changes when it is opened must not keep the camera on. */
export const earlyChecks = 3
/** ms that the self-check at boot may keep the first page back, and that a check waits for the server's answer. */
const boundMS = 6_000

export interface SelfCheckOptions {
  cameras: Pick<Cameras, 'selfCheck' | 'devices'>
  clock: ServerClock
  /** round trip of the socket, ms; undefined until a ping was answered over one that is open */
  rttMS: () => number | undefined
  /** No resident needs camera and microphone now: they may be looked at. */
  free: () => boolean
  /** The check has ended. */
  onDone: () => void
}

/** The self-check of a station: at boot, when devices change, and every quarter of an hour while nobody is here. */
export function useSelfCheck(options: SelfCheckOptions) {
  const checks = shallowRef<PartCheck[]>([])
  /** The browser gives no devices at all: the page did not come by https. */
  const insecure = ref(false)
  /** The first page waits for the check at boot. */
  const booting = ref(true)
  /** way of the last media connection: udp, tcp or relay; '' before it and after the wipe */
  let path = ''
  let running = false
  let endedMS = 0
  let early = 0
  let earlyTimer: ReturnType<typeof setTimeout> | undefined

  /** Parts are looked at beside each other, each shows as soon as it is known. */
  async function check(): Promise<void> {
    if (running) return
    running = true
    endedMS = performance.now()
    const read: Readings = path === '' ? {} : { path }
    const put = (more: Readings) => {
      Object.assign(read, more)
      checks.value = verdicts(read, options.clock.now())
    }
    const { cameras } = options
    try {
      await Promise.all([
        outputs().then((n) => put({ outputs: n })),
        answered().then((rttMS) => {
          if (rttMS !== undefined) put({ rttMS, offsetMS: options.clock.offsetMS })
        }),
        cameras.selfCheck(async (face) => {
          put({ document: cameras.devices.docWidth })
          await Promise.all([luminance(face).then((v) => put({ camera: v })), loudness(face).then((v) => put({ microphone: v }))])
        }).then((leave) => {
          insecure.value = leave === 'insecure'
          if (leave === 'insecure') put({ camera: leave, microphone: leave, document: leave })
          if (leave === 'denied') put({ camera: leave, document: leave })
        }),
      ])
    } finally {
      running = false
      endedMS = performance.now()
      booting.value = false
      options.onDone()
    }
  }

  /** Waits for the first answer of the server to a ping; undefined when it does not come. */
  async function answered(): Promise<number | undefined> {
    for (const end = performance.now() + boundMS; performance.now() < end;) {
      const rttMS = options.rttMS()
      if (rttMS !== undefined) return rttMS
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return undefined
  }

  /** Something was plugged or pulled while no call needs it. Just after a check it is looked at a little later. */
  function devicesChanged(): void {
    const waitMS = running ? checkAgainMS : endedMS + checkAgainMS - performance.now()
    if (waitMS <= 0) {
      early = 0
      if (options.free()) void check()
    } else if (early < earlyChecks) {
      early++
      clearTimeout(earlyTimer)
      earlyTimer = setTimeout(() => {
        if (running) devicesChanged()
        else if (options.free()) void check()
      }, waitMS)
    }
  }

  return {
    checks, insecure, booting, devicesChanged,

    /** The check at boot. The first page comes after it, or when it takes too long. */
    boot(): void {
      booting.value = true
      void check()
      setTimeout(() => {
        booting.value = false
      }, boundMS)
    },

    /** Call it again and again with how long nobody touched a kiosk where nobody is. */
    idle(untouchedMS: number): void {
      if (untouchedMS > restMS + ringMS && performance.now() - endedMS > checkEveryMS) void check()
    },

    /** What was found, for the server; undefined while a check runs or before the first. */
    found(): PartCheck[] | undefined {
      return running || checks.value.length === 0 ? undefined : [...checks.value]
    },

    /** The media connection runs over this path. */
    over(now: string): void {
      path = now
    },
  }
}
