import { changingEvents, hearing, withEvent } from '../alterations.ts'
import type { Message } from '../altered-sockets.ts'
import type { BrokenServer } from '../judge.ts'

const typeIn = ({ event }: Message): unknown => (event as Message | undefined)?.type
/** A piece of an answer in small pieces. */
const isTwentieth = (frame: Message): boolean => {
  const offset = (frame['event'] as Message | undefined)?.['offset']
  return frame['seq'] === 20 && typeof offset === 'number' && offset < 10_000
}

const ENDS = new Set<unknown>(['agent_completed', 'agent_failed', 'run_cancelled'])

/** Pieces of answers wait until so many are there or the run ends, as do events behind them. */
const bunching = (size: number) => {
  let held: Message[] = []
  return (frame: Message): Message[] => {
    if (held.length === 0 && typeIn(frame) !== 'message_delta') return [frame]
    held.push(frame)
    if (held.length < size && !ENDS.has(typeIn(frame))) return []
    const all = held
    held = []
    return all
  }
}

/** The same for the blocks of an event stream. */
const bunchingBlocks = (size: number) => {
  let held: string[] = []
  return (block: string): string[] => {
    if (held.length === 0 && !block.includes('"message_delta"')) return [block]
    held.push(block)
    if (held.length < size && !/"(?:agent_completed|stream_end)"/.test(block)) return []
    const all = held
    held = []
    return all
  }
}

export const brokenStream: readonly BrokenServer[] = [
  {
    name: 'has a proxy in front that strips the upgrade',
    breaks: 'stream.upgrade',
    alter: () => ({ upgrade: () => ({ status: 426, body: 'Upgrade Required' }) }),
  },
  {
    name: 'loses a pong',
    breaks: 'stream.ping',
    pace: { answerMs: 5_000, idleMs: 8_000 },
    alter: () => {
      let pongs = 0
      return hearing(() => (message) => (message.type === 'pong' && ++pongs === 1 ? [] : [message]))
    },
  },
  {
    name: 'has a proxy in front that closes idle sockets',
    breaks: 'stream.idle',
    pace: { idleMs: 6_000 },
    alter: () => ({ idleMs: 4_000 }),
  },
  {
    name: 'says less often than it promises that it is there',
    breaks: 'stream.heartbeat',
    pace: { idleMs: 5_000 },
    alter: () =>
      hearing(() => (message) => [
        message.type === 'welcome'
          ? { ...message, heartbeat: { interval_ms: 100, timeout_ms: 250 } }
          : message,
      ]),
  },
  {
    name: 'has a proxy in front that keeps frames until the answer is whole',
    breaks: 'stream.buffered',
    alter: () => hearing(() => bunching(Infinity)),
  },
  {
    name: 'has a proxy in front that gathers frames',
    breaks: 'stream.coalesced',
    pace: { beats: 9, beatMs: 150 },
    alter: () => hearing(() => bunching(3)),
  },
  {
    name: 'has a proxy in front that buffers event streams',
    breaks: 'stream.event-stream-buffered',
    alter: () => ({ stream: 'hold' }),
  },
  {
    name: 'has a proxy in front that gathers server-sent events',
    breaks: 'stream.event-stream-coalesced',
    pace: { beats: 9, beatMs: 150 },
    alter: () => ({ stream: bunchingBlocks(3) }),
  },
  {
    name: 'sends two of many messages in the wrong order',
    breaks: 'stream.order',
    alter: () =>
      hearing(() => {
        let held: Message | undefined
        return (frame) => {
          if (held) {
            const before = held
            held = undefined
            return [frame, before]
          }
          if (!isTwentieth(frame)) return [frame]
          held = frame
          return []
        }
      }),
  },
  {
    name: 'answers two of many small messages in the wrong order',
    breaks: 'stream.burst',
    alter: () =>
      hearing(() => {
        let pongs = 0
        let held: Message | undefined
        return (frame) => {
          if (frame.type !== 'pong') return [frame]
          pongs += 1
          if (pongs === 50) held = frame
          if (pongs === 50) return []
          const out = held ? [frame, held] : [frame]
          held = undefined
          return out
        }
      }),
  },
  {
    name: 'has a proxy in front that knows no more than 16 bits of a character',
    breaks: 'stream.unicode',
    alter: () =>
      changingEvents((event, frame) =>
        event.type === 'tool_executing'
          ? [
              withEvent(
                frame,
                JSON.parse(JSON.stringify(event).replaceAll(/[\u{10000}-\u{10FFFF}]/gu, '??')),
              ),
            ]
          : undefined,
      ),
  },
  {
    name: 'has a proxy in front that takes frames of 32 KB',
    breaks: 'stream.largest-up',
    alter: () => ({
      socket: () => ({
        up(message, { end }) {
          if (JSON.stringify(message).length <= 32_768) return [message]
          end(1009)
          return []
        },
      }),
    }),
  },
  {
    name: 'loses the rest of a long answer',
    breaks: 'stream.largest-down',
    alter: () =>
      changingEvents((event, frame) =>
        event.type === 'message_delta' &&
        Number(event['offset']) + String(event['text']).length > 60_000
          ? [withEvent(frame, { ...event, text: '' })]
          : undefined,
      ),
  },
]
