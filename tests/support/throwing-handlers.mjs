// Loaded before Netra (--import): a frame of `ping` whose nonce says so makes the socket's own
// handler throw, or leave a rejection behind, after Netra's handlers had the frame.
import { WebSocket } from 'ws'

const emit = WebSocket.prototype.emit
WebSocket.prototype.emit = function emitAndFail(event, ...rest) {
  const answer = emit.call(this, event, ...rest)
  const text = event === 'message' ? String(rest[0]) : ''
  if (text.includes('"nonce":"throw"')) throw new Error('thrown in a handler of a socket')
  if (text.includes('"nonce":"reject"')) {
    void Promise.reject(new Error('rejected in a handler of a socket'))
  }
  return answer
}
