import type { Code } from './protocol.gen'

/** Codes that pages make themselves, beside those of the protocol. */
export type LocalCode =
  | 'offline' // the socket is down and the command may not be held
  | 'timeout' // no answer within the command's time
  | 'network' // the request did not reach the server
  | 'bad_login' // POST /api/login refused
  | 'login' // the session is over
  | 'not_enrolled' // the station's key is unknown or revoked
  | 'nonce' // the challenge was used or ran out before its answer came: the key is as good as before
  | 'bad_code' // an enrolment code that is unknown, used or expired
  | 'no_keys' // the browser cannot make or keep a key
  | 'upload' // the token of one capture request is over
  | 'offset' // the server holds another part of the page than we thought
  | 'bad_hash' // a page whose bytes are not what was offered
  | 'bad_frame' // a message of the document channel that breaks the framing
  | 'not_asked' // nobody asked for this page (any more)
  | 'disk_full' // the server cannot keep the page
  | 'type' // the bytes are neither JPEG nor PNG
  | 'cancelled' // withdrawn by the other side
  | 'camera' // no picture to shoot

export type ErrorCode = Code | LocalCode

/** Every failure a page may show: i18n key `code.<code>.what` and `.do`. */
export class Failure extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly detail = '',
    /** ms after which it makes sense to try again; 0 when unknown */
    readonly retryMS = 0,
    /** of wrong_state: what stands in the way, '' when there is nothing a person can do about it */
    readonly because = '',
  ) {
    super(detail === '' ? code : `${code}: ${detail}`)
    this.name = 'Failure'
  }

  static from(error: unknown): Failure {
    return error instanceof Failure ? error : new Failure('internal', error instanceof Error ? error.message : String(error))
  }
}
