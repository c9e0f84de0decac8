import type {
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  LanguageModelV4ToolCall,
} from '@ai-sdk/provider'

export type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content']

/** What a model call says while it runs. */
export type Spoken = { kind: 'reasoning'; text: string } | { kind: 'text'; text: string }

type FinishPart = Extract<LanguageModelV4StreamPart, { type: 'finish' }>

/** Gathers the parts of one model call. */
export interface ReplyBuilder {
  readonly text: string
  readonly calls: LanguageModelV4ToolCall[]
  readonly content: AssistantContent
  readonly finished: FinishPart | undefined
  /** Answers what is to be told at once, if the part says something. */
  take(part: LanguageModelV4StreamPart): Spoken | undefined
  /** What was held back at the end of the text. */
  rest(): Spoken | undefined
}

type Block = Extract<AssistantContent[number], { type: 'text' | 'reasoning' }>

type ReasoningPart = Extract<LanguageModelV4StreamPart, { type: 'reasoning-delta' }>
type MarkPart = Extract<
  LanguageModelV4StreamPart,
  { type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end' }
>

const isMark = (part: LanguageModelV4StreamPart): part is MarkPart =>
  /^(text|reasoning)-(start|end)$/.test(part.type)

export function createReply(): ReplyBuilder {
  const calls: LanguageModelV4ToolCall[] = []
  const content: AssistantContent = []
  const open = new Map<string, Block>()
  let finished: FinishPart | undefined
  let text = ''
  let held = ''

  function say(delta: string): Spoken | undefined {
    const whole = held + delta
    // Half of a surrogate pair waits for its other half.
    held = endsInHighSurrogate(whole) ? whole.slice(-1) : ''
    const ready = held === '' ? whole : whole.slice(0, -1)
    text += ready
    return ready === '' ? undefined : { kind: 'text', text: ready }
  }

  function blockOf(id: string, type: Block['type']): Block {
    const key = `${type}:${id}`
    const known = open.get(key)
    if (known) return known
    const block: Block = { type, text: '' }
    open.set(key, block)
    content.push(block)
    return block
  }

  function mark({ id, type, providerMetadata }: MarkPart): void {
    const block = blockOf(id, type.startsWith('text') ? 'text' : 'reasoning')
    if (providerMetadata) block.providerOptions = providerMetadata
    if (type.endsWith('-end')) open.delete(`${block.type}:${id}`)
  }

  function reason({ id, delta, providerMetadata }: ReasoningPart): Spoken | undefined {
    const block = blockOf(id, 'reasoning')
    block.text += delta
    if (providerMetadata) block.providerOptions = providerMetadata
    return delta === '' ? undefined : { kind: 'reasoning', text: delta }
  }

  function call(part: LanguageModelV4ToolCall): void {
    // Tools that the provider runs itself are none of ours; none are offered.
    if (part.providerExecuted) return
    calls.push(part)
    content.push({
      type: 'tool-call',
      toolCallId: part.toolCallId,
      toolName: part.toolName,
      input: parseInput(part.input),
      ...(part.providerMetadata ? { providerOptions: part.providerMetadata } : {}),
    })
  }

  function take(part: LanguageModelV4StreamPart): Spoken | undefined {
    if (part.type === 'text-delta') {
      blockOf(part.id, 'text').text += part.delta
      return say(part.delta)
    }
    if (part.type === 'reasoning-delta') return reason(part)
    if (isMark(part)) mark(part)
    else if (part.type === 'tool-call') call(part)
    else if (part.type === 'finish') finished = part
    return undefined
  }

  return {
    get text() {
      return text
    },
    calls,
    get content() {
      return content.filter((block) => block.type !== 'text' || block.text !== '')
    },
    get finished() {
      return finished
    },
    take,
    rest() {
      const last = held
      held = ''
      text += last
      return last === '' ? undefined : { kind: 'text', text: last }
    },
  }
}

const endsInHighSurrogate = (text: string): boolean => {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff
}

/** No tool of ours needs more; what is deeper or longer is stored and sent with every event. */
const MAX_INPUT_CHARACTERS = 64_000
const MAX_INPUT_DEPTH = 32

/** Brackets inside strings count as well: it is a bound, not a measure. */
function isReasonable(input: string): boolean {
  if (input.length > MAX_INPUT_CHARACTERS) return false
  let depth = 0
  for (const character of input) {
    if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    if (depth > MAX_INPUT_DEPTH) return false
  }
  return true
}

/** A model's arguments as an object; what is none is kept under `unparsed`, so that it can see its fault. */
export function parseInput(input: string): Record<string, unknown> {
  if (input.trim() === '') return {}
  if (!isReasonable(input)) return { unparsed: input.slice(0, 2_000) }
  try {
    const value: unknown = JSON.parse(input)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Falls through: the tool's schema refuses it, and the model is told.
  }
  return { unparsed: input.slice(0, 2_000) }
}
