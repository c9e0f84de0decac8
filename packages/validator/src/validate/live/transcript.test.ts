import { expect, test } from 'vitest'

import { Transcript } from './transcript.ts'

test('no token or ticket stands in it, even in a message that is cut short', () => {
  const transcript = new Transcript('SOCKET ws://localhost/ws')
  const token = 'x'.repeat(900)
  transcript.noteSent(JSON.stringify({ type: 'hello', token, resume: [] }))
  transcript.noteSent(JSON.stringify({ type: 'hello', ticket: token, resume: [] }))
  expect(transcript.sent).not.toContain('xxx')
  expect(transcript.sent).toContain('"token":"…","resume":[]}')
})

test('of many messages the first and the last are shown, and how many were left out', () => {
  const transcript = new Transcript('SOCKET')
  for (let count = 1; count <= 100; count++) transcript.noteReceived(`message ${count}.`)
  expect(transcript.received).toContain('message 1.')
  expect(transcript.received).toContain('message 12.')
  expect(transcript.received).toContain('… 76 more …')
  expect(transcript.received).toContain('message 100.')
  expect(transcript.received).not.toContain('message 50.')
})

test('its exchange says what is known when it is read', () => {
  const transcript = new Transcript('SOCKET')
  const { exchange } = transcript
  transcript.noteReceived('later')
  expect({ ...exchange }.received).toMatch(/^ +\d+ ms later$/)
})
