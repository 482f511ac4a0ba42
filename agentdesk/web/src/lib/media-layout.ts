/** Who opens the window: only mid 2 differs (station sends the document picture, agent receives it). */
export type MediaRole = 'station' | 'agent'

/** Layout 1 by mid (architecture 3). The order is the contract with the SFU; a ninth m-line is refused. */
export const mid = { audio: '0', video: '1', document: '2', thirdAudio: '3', thirdVideo: '4', supervisorAudio: '5', supervisorVideo: '6' } as const
export type Mid = (typeof mid)[keyof typeof mid]

/** Negotiated data channels of m-line 7. */
export const channelID = { control: 0, document: 1, form: 2 } as const
export type ChannelName = keyof typeof channelID

/** What the SFU itself says over control: media comes from and goes to another address of ours than before. */
export const movedNotice = '{"type":"moved"}'

export type Outgoing = 'audio' | 'video' | 'document'

export interface LocalTracks {
  audio?: MediaStreamTrack | null
  video?: MediaStreamTrack | null
  /** station only */
  document?: MediaStreamTrack | null
}
