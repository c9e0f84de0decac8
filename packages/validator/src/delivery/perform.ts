import { randomUUID } from 'node:crypto'

import type { ServerMessage } from '@netra/protocol'

import type { CommandMessage, Memory } from './memory.ts'
import type { Device, Stage } from './stage.ts'
import type { Step } from './step.ts'

type Does<Kind extends Step['does']> = Extract<Step, { does: Kind }>
type SendMessage = Extract<CommandMessage, { type: 'send_message' }>

type OfDevice<Kind extends Step['does']> = (at: {
  stage: Stage
  device: Device
  step: Does<Kind>
}) => Promise<void> | void

const ON_DEVICE: { [Kind in Extract<Step, { device: number }>['does']]: OfDevice<Kind> } = {
  send: ({ stage, device, step }) => send(stage, device, step),
  cancel: ({ stage, device }) => cancel(stage, device.memory, undefined),
  async disturb({ stage, device: { proxy }, step }) {
    proxy?.disturb(step.disturbances)
    await stage.after(step.forMs)
    proxy?.disturb({})
    if (step.thenReset) for (const connection of proxy?.connections ?? []) connection.reset()
  },
  end({ device: { proxy }, step: { how, direction, afterBytes } }) {
    for (const connection of proxy?.connections ?? []) {
      connection.endAfter(direction, { how, afterBytes })
    }
  },
  async refuse({ stage, device: { proxy }, step }) {
    proxy?.refuse(true)
    for (const connection of proxy?.connections ?? []) connection.reset()
    await stage.after(step.forMs)
    proxy?.refuse(false)
  },
  drop: ({ device }) => device.transport.drop(),
  // A server that is down gives no token and ends no session; the next connection asks again.
  renew: ({ device }) => device.transport.renew().catch(() => undefined),
  async revoke({ device: { session } }) {
    if (session.isOwn) await session.end().catch(() => undefined)
  },
  slow: ({ device }) => device.transport.slow(true),
  storm({ device: { memory, transport }, step }) {
    for (const copy of memory.copies.values()) transport.storm(copy, step.times)
  },
}

/** Does one step of a plan; ends when the step has. */
export async function perform(stage: Stage, step: Step): Promise<void> {
  if (step.does === 'kill') return kill(stage, step)
  if (step.does === 'pause') return pause(stage, step)
  if (step.does === 'join') {
    const person = step.person % stage.world.people.length
    if (stage.witnesses.has(person)) stage.devices.push(await stage.enter(person, 'device'))
    return
  }
  const device = stage.devices[step.device]
  // A step's kind chooses the one that takes it, which TypeScript cannot see.
  const act: (at: { stage: Stage; device: Device; step: never }) => Promise<void> | void =
    ON_DEVICE[step.does]
  if (device) await act({ stage, device, step: step as never })
}

async function kill(stage: Stage, { downMs }: Does<'kill'>): Promise<void> {
  const { own } = stage.world
  // Two kills at once are one.
  if (!own || stage.isDown) return
  stage.isDown = true
  await own.kill()
  await stage.after(downMs)
  await own.restart()
  stage.isDown = false
}

async function pause(stage: Stage, { forMs }: Does<'pause'>): Promise<void> {
  const { own } = stage.world
  own?.pause()
  await stage.after(forMs).finally(() => own?.proceed())
}

/** Answers may be long in coming: they are waited for when faults have stopped. */
function send(stage: Stage, device: Device, step: Does<'send'>): void {
  const { person, memory } = device
  const message = messageOf(stage, person, step)
  const other = stage.devices.find((one) => one.person === person && one !== device) ?? device
  const answers = [command(stage, device, message)]
  if (step.also === 'again') answers.push(command(stage, device, message))
  if (step.also === 'elsewhere') answers.push(command(stage, other, message))
  if (step.also === 'other_words') {
    const content = [{ type: 'text' as const, text: 'What is 1 + 1?' }]
    answers.push(command(stage, other, { ...message, content }))
  }
  for (const answer of answers) stage.track(answer)
  if (step.also !== 'cancel') return
  const first = answers[0]?.then((answer) => {
    if (answer.type === 'ok') cancel(stage, memory, answer.run_id)
  })
  if (first) stage.track(first)
}

function messageOf({ world, threads }: Stage, person: number, step: Does<'send'>): SendMessage {
  const { text, agent, model, aboutFile } = step.question
  const file = aboutFile ? world.files.get(world.people[person]?.userId ?? '') : undefined
  const last = threads.get(person)?.at(-1)
  return {
    type: 'send_message',
    id: '',
    client_message_id: randomUUID(),
    thread_id: step.thread === 'last' ? (last ?? null) : null,
    content: [{ type: 'text', text }],
    ...(file !== undefined && { attachments: [{ file_id: file }] }),
    ...(agent !== undefined && { agent }),
    ...(model !== undefined && { model }),
  }
}

async function command(
  { threads, notes }: Stage,
  { person, memory }: Device,
  message: SendMessage,
) {
  const answer = await memory.command(message)
  if (answer.type === 'error') {
    const problem = problemOf(message, answer)
    if (problem) notes.problems.push({ device: memory.name, detail: problem })
  } else if (answer.thread_id !== undefined && answer.position !== undefined) {
    const made = threads.get(person) ?? []
    threads.set(person, made)
    if (!made.includes(answer.thread_id)) made.push(answer.thread_id)
    memory.follow(answer.thread_id, message.thread_id === null ? answer.position : null)
  }
  return answer
}

/** The one right refusal is that of other words under the same id, which the auditor looks at. */
const problemOf = (
  { type }: SendMessage,
  { code, message }: Extract<ServerMessage, { type: 'error' }>,
): string | undefined =>
  code === 'conflict' ? undefined : `${type} was refused with ${code}: ${message}`

/** The newest run that this device believes to be open; a run that has just ended is no mistake. */
function cancel(stage: Stage, memory: Memory, known: string | undefined): void {
  const open = [...memory.copies.values()].flatMap(({ state }) =>
    'runs' in state ? state.runs.filter(({ outcome }) => outcome === null) : [],
  )
  const run_id = known ?? open.at(-1)?.id
  if (run_id !== undefined) stage.track(memory.command({ type: 'cancel_run', id: '', run_id }))
}
