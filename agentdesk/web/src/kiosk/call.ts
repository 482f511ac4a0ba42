import { ref, shallowRef } from 'vue'
import { Meter } from '@/lib/level'
import { Failure } from '@/lib/failure'
import { MediaWindow, mid, type MediaWindowOptions } from '@/lib/media'
import type { MediaAnswer, Message, StationState } from '@/lib/protocol.gen'
import type { Socket } from '@/lib/socket'
import type { Cameras } from './cameras'
import { wantsMedia } from './phase'

// Sound and picture of a resident, from the press to the end of the call.

const reportEveryMS = 5_000

export interface CallOptions extends Pick<MediaWindowOptions, 'online' | 'onTrouble' | 'onChannels'> {
  cameras: Pick<Cameras, 'open' | 'close' | 'face'>
  send: Socket['send']
  /** the server's state now */
  server: () => StationState | undefined
  /** The connection has gone, and its channels with it. */
  onGone: () => void
  /** The face camera runs as it should: the document camera is another one, and next. */
  renewPaper: () => Promise<void>
  /** way of the media connection: udp, tcp or relay */
  onPath: (path: string) => void
}

function answerOf(message: Message): MediaAnswer {
  if (message.type !== 'media.answer') throw new Failure('malformed', message.type)
  return message.body
}

export function useCall(options: CallOptions) {
  const { cameras, send } = options
  const own = shallowRef<MediaStream>()
  const remote = shallowRef<MediaStream>()
  /** voice and picture of the third person */
  const third = shallowRef<MediaStream>()
  /** bars of the microphone's level */
  const level = ref(0)
  /** The microphone has heard somebody. */
  const heard = ref(false)
  const muted = ref(false)
  let metered: MediaStreamTrack | undefined
  let reportedMS = 0

  const media = new MediaWindow({
    role: 'station',
    online: options.online,
    exchange: async (offer) => answerOf(await send('media.offer', offer, { timeoutMS: 15_000 })),
    restart: async (restart) => answerOf(await send('media.restart', restart, { timeoutMS: 5_000 })),
    onTrouble: options.onTrouble,
    onState: (next) => {
      if (next === 'failed' || next === 'closed') options.onGone()
    },
    onStream: (slot, stream) => {
      if (slot === mid.video) remote.value = stream
      if (slot === mid.thirdVideo) third.value = stream
    },
    onChannels: options.onChannels,
  })
  const meter = new Meter((bars, spoke) => {
    level.value = bars
    if (spoke) heard.value = true
  })

  /** Sends what runs now: a part may have been pulled or put back. */
  async function useTracks(): Promise<void> {
    own.value = cameras.face
    if (cameras.face === undefined) return
    const audio = cameras.face.getAudioTracks()[0]
    if (audio !== metered) {
      metered = audio
      level.value = 0
      meter.start(cameras.face)
    }
    await options.renewPaper()
    await media.use({ audio: audio ?? null, video: cameras.face?.getVideoTracks()[0] ?? null })
  }

  function end(): void {
    media.close()
    cameras.close()
    meter.stop()
    metered = undefined
    own.value = remote.value = third.value = undefined
    level.value = 0
  }

  function mute(on: boolean): void {
    muted.value = on
    media.mute('audio', on)
  }

  return {
    media, own, remote, third, level, heard, muted, useTracks, end, mute,

    /** Camera and microphone on, and the connection that the state grants. */
    async ensure(): Promise<void> {
      await cameras.open()
      await useTracks()
      const current = options.server()
      if (current !== undefined && wantsMedia(current.state)) await media.follow(current.media)
      else end()
    },

    /** Call it twice a second: reports how the connection is, and takes up one that failed. */
    tick(nowMS: number, online: boolean): void {
      if (media.state === 'open' && nowMS - reportedMS >= reportEveryMS) {
        reportedMS = nowMS
        void media.stats().then((s) => {
          if (s.path) options.onPath(s.path)
          if (online) send('media.report', MediaWindow.report(s)).catch(() => undefined)
        })
      }
      const grant = options.server()?.media
      if (media.state === 'failed' && grant !== undefined) void media.follow(grant)
    },

    /** The next resident is heard anew, and not muted. */
    wipe(): void {
      heard.value = false
      mute(false)
    },
  }
}
