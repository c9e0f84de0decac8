import { answering, changingJson, hearing, json } from '../alterations.ts'
import type { Message } from '../altered-sockets.ts'
import type { Alteration } from '../altering-proxy.ts'
import type { BrokenServer } from '../judge.ts'

/** Which streams a hello takes up again. */
const resumedIn = (message: Message): string[] =>
  message.type === 'hello'
    ? (message['resume'] as { stream: string }[]).map(({ stream }) => stream)
    : []

/** Treats the first event of a stream that is taken up again, when it may. */
function resuming(
  mayTreat: (stream: string) => boolean,
  treat: (event: Message) => Message[],
): NonNullable<Alteration['socket']> {
  return () => {
    const due = new Set<unknown>()
    return {
      up(message) {
        for (const stream of resumedIn(message)) if (mayTreat(stream)) due.add(stream)
        return [message]
      },
      down: (message) =>
        message.type === 'event' && due.delete(message['stream']) ? treat(message) : [message],
    }
  }
}

export const brokenResume: readonly BrokenServer[] = [
  {
    name: 'loses what happens while the network is cut',
    breaks: 'resume.after-cut',
    alter: () => {
      const cut = new Set<string>()
      const again = resuming(
        (stream) => cut.has(stream),
        () => [],
      )
      return {
        socket(asked) {
          const own = new Set<string>()
          const inner = again(asked)
          return {
            ...inner,
            up(message, ends) {
              if (message.type === 'subscribe') own.add(String(message['stream']))
              return inner?.up?.(message, ends) ?? [message]
            },
            gone(code) {
              if (code === 1006) for (const stream of own) cut.add(stream)
              return []
            },
          }
        },
      }
    },
  },
  {
    name: 'stops a run when its reader leaves',
    breaks: 'resume.after-close',
    alter: () => ({
      socket() {
        const runs = new Set<unknown>()
        return {
          down(message) {
            if (message.type === 'ok' && message['run_id']) runs.add(message['run_id'])
            return [message]
          },
          gone: (code) =>
            code === 1006
              ? []
              : [...runs].map((run_id) => ({ type: 'cancel_run', id: 'left', run_id })),
        }
      },
    }),
  },
  {
    name: 'repeats an event after the second cut',
    breaks: 'resume.many-cuts',
    alter: () => {
      const cuts = new Map<string, number>()
      return {
        socket: resuming(
          (stream) => {
            cuts.set(stream, (cuts.get(stream) ?? 0) + 1)
            return cuts.get(stream) === 2
          },
          (event) => [event, event],
        ),
      }
    },
  },
  {
    name: 'loses an event of its event stream',
    breaks: 'resume.event-stream',
    alter: () => {
      let events = 0
      return {
        stream: (block) => (block.includes('"type":"event"') && ++events === 1 ? [] : [block]),
      }
    },
  },
  {
    name: 'repeats events to who polls',
    breaks: 'resume.polling',
    alter: () =>
      changingJson('/api/events', ({ messages, ...rest }) => ({
        ...rest,
        messages: (messages as Message[]).flatMap((one) =>
          one.type === 'event' ? [one, one] : [one],
        ),
      })),
  },
  {
    name: 'has a proxy in front that passes no commands on',
    breaks: 'resume.by-requests',
    alter: () => answering('/api/commands', () => json(405, { error: true })),
  },
  {
    name: 'passes over that its store is another one',
    breaks: 'resume.other-epoch',
    alter: () => {
      const epochs = new Set<string>()
      const epochOf = (position: unknown): string => String(position).split(':')[0] ?? ''
      return {
        socket: () => ({
          down(message) {
            if (message['position']) epochs.add(epochOf(message['position']))
            return [message]
          },
          up(message) {
            const { type, position } = message
            const isForeign = typeof position === 'string' && !epochs.has(epochOf(position))
            return type === 'subscribe' && isForeign ? [{ ...message, position: null }] : [message]
          },
        }),
      }
    },
  },
  {
    name: 'gives who is far behind a thread without messages',
    breaks: 'resume.far-behind',
    alter: () =>
      hearing(() => (message) => {
        if (message.type !== 'snapshot') return [message]
        return [{ ...message, state: { ...(message['state'] as object), messages: [] } }]
      }),
  },
]
