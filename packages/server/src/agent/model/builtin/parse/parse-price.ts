import { emptyDraft, Reader, type Draft } from '../question/draft.ts'
import type { PriceQuestion } from '../question/question.ts'
import type { Term } from '../question/term.ts'
import { explained, unplaced } from '../question/unclear.ts'
import { readConditions } from '../read/read-filters.ts'
/* oxlint-disable typescript/switch-exhaustiveness-check -- A reader takes the few kinds of terms that it knows; all others are for its caller. */
import { readWithout } from '../read/read-without.ts'

/** Known sellers of models; after `from`, `via` or `at` any other name is taken at its word. */
const PROVIDERS = new Set(
  'openai anthropic google azure aws bedrock mistral groq cohere deepseek fireworks together openrouter perplexity x-ai avian novita'.split(
    ' ',
  ),
)

/** Whether a sentence asks what the rows would cost on a model, rather than about a column. */
export const asksPrice = (reader: Reader): boolean =>
  reader.terms.some((term) => term.kind === 'price')

/** Reads `what would this cost on gpt-4o, and on claude sonnet 4 from anthropic where user is a`. */
export function readPrice(reader: Reader, source: string, draft: Draft): PriceQuestion {
  const models: PriceQuestion['models'] = []
  while (reader.peek()) readPricePart(reader, source, draft, models)
  if (models.length === 0) {
    throw explained(
      'Name one or more models to price the tokens on, for example `What would this cost on gpt-4o?`.',
    )
  }
  return { intent: 'price', models, filters: draft.filters }
}

/** `and on gpt-4o-mini?` after a price; undefined when the sentence asks something of its own. */
export function readRepricing(
  source: string,
  { terms, index }: Reader,
  previous: PriceQuestion,
): PriceQuestion | undefined {
  const [first] = terms
  const refers = first?.kind === 'and' || first?.kind === 'same' || first?.kind === 'where'
  if (!refers || !terms.every((term) => GOES_ON.has(term.kind))) return undefined
  const draft = emptyDraft()
  const question = readPrice(new Reader(terms, index), source, draft)
  return question.filters.length > 0 ? question : { ...question, filters: previous.filters }
}

const GOES_ON = new Set<Term['kind']>(['and', 'or', 'same', 'where', 'text', 'number'])

function readPricePart(
  reader: Reader,
  source: string,
  draft: Draft,
  models: PriceQuestion['models'],
): void {
  const term = reader.peek()
  if (!term) return
  switch (term.kind) {
    case 'text':
      if (reader.kind(-1) === 'rows') return readOwners(reader, source, draft)
      return readModel(reader, source, models)
    case 'where':
      return readPreposition(reader, source, draft, models)
    case 'not':
      return readWithout(reader, source, draft)
    case 'column':
      if (isModelNoun(reader)) reader.take()
      else if (reader.kind(1) === 'comparison' || reader.kind(1) === 'be') {
        throw explained('Put conditions after “where” when you ask for a price.')
      } else throw unplaced(term.text)
      return
    case 'price':
    case 'and':
    case 'or':
    case 'be':
    case 'which':
    case 'list':
    case 'count':
    case 'compare':
    case 'rows':
    case 'to':
    case 'same':
      reader.take()
      return
    case 'function':
      if (term.function !== 'sum')
        throw explained(`I price whole workloads, not the ${term.text} of one.`)
      reader.take()
      return
    case 'by':
      if (namesOwners(reader)) {
        reader.take()
        return readOwners(reader, source, draft)
      }
      if (term.text.toLowerCase() !== 'by') {
        throw explained(
          'I price whole workloads, or the rows that a condition keeps, not groups of them.',
        )
      }
      reader.take()
      return
    default:
      throw unplaced(term.text)
  }
}

/** `requests of gpt-4.1`: whose they are, which the data will say. Taken for a model it would be wrong. */
function readOwners(reader: Reader, source: string, draft: Draft): void {
  const values: string[] = []
  do {
    const run = reader.takeTextRun(source)
    if (run) values.push(run.value)
    const joint = reader.kind() === 'and' || reader.kind() === 'or'
    if (!joint || reader.kind(1) !== 'text') break
    reader.take()
  } while (reader.peek())
  draft.filters.push({ kind: 'values', values })
}

/** `requests on gpt-4.1 cost on gpt-4o`: what stands before the word for costs says which rows. */
function namesOwners(reader: Reader): boolean {
  if (reader.kind(-1) !== 'rows' || reader.kind(1) !== 'text') return false
  const rest = reader.terms.slice(reader.place + 2)
  const price = rest.findIndex((term) => term.kind === 'price')
  return price >= 0 && rest.slice(price).some((term) => term.kind === 'text')
}

const isModelNoun = (reader: Reader): boolean => {
  const term = reader.peek()
  return (
    term?.kind === 'column' &&
    /^models?$/i.test(term.text) &&
    reader.kind(1) !== 'comparison' &&
    reader.kind(1) !== 'be'
  )
}

function readPreposition(
  reader: Reader,
  source: string,
  draft: Draft,
  models: PriceQuestion['models'],
): void {
  const word = reader.peek()?.text.toLowerCase() ?? ''
  const next = reader.peek(1)
  if (namesOwners(reader)) {
    reader.take()
    return readOwners(reader, source, draft)
  }
  if (next?.kind === 'text' && (word === 'from' || word === 'via' || word === 'at')) {
    reader.take()
    setProvider(models, reader.takeTextRun(source)?.value ?? '')
    return
  }
  if (
    next?.kind === 'text' ||
    (next?.kind === 'column' && /^models?$/i.test(next.text) && reader.kind(2) === 'text')
  ) {
    if (word === 'where' || word === 'whose' || word === 'with the') throw unplaced(next.text)
    reader.take()
    return
  }
  const before = draft.filters.length
  readConditions(reader, source, draft)
  if (draft.filters.length === before) reader.skip('list')
}

function readModel(reader: Reader, source: string, models: PriceQuestion['models']): void {
  const run = reader.takeTextRun(source)
  if (!run) return
  if (reader.peek()?.text === '/' && reader.kind(1) === 'text') {
    reader.take()
    const model = reader.takeTextRun(source)
    if (model) models.push({ name: modelName(model.value), provider: run.value.toLowerCase() })
    return
  }
  const words = run.value.split(/\s+/)
  const [first = ''] = words
  if (words.length > 1 && PROVIDERS.has(first.toLowerCase())) {
    models.push({ name: modelName(words.slice(1).join(' ')), provider: first.toLowerCase() })
    return
  }
  models.push({ name: modelName(run.value) })
}

/** `claude sonnet 4` is `claude-sonnet-4` in the catalogue. */
const modelName = (text: string): string => text.trim().replaceAll(/\s+/g, '-').toLowerCase()

/** `from anthropic` holds for the models named since the last provider. */
function setProvider(models: PriceQuestion['models'], provider: string): void {
  const name = provider.trim().toLowerCase()
  if (models.length === 0) throw explained(`Name the model first, then “from ${provider}”.`)
  for (let place = models.length - 1; place >= 0; place -= 1) {
    const model = models[place]
    if (!model || model.provider !== undefined) return
    if (!isMadeByAnother(model.name, name)) model.provider = name
  }
}

const MAKERS: [RegExp, string][] = [
  [/^(?:gpt|chatgpt|o\d)/, 'openai'],
  [/^claude/, 'anthropic'],
  [/^gemini/, 'google'],
]

/** In `gpt-4o and claude-sonnet-4 from anthropic` the first is no model of Anthropic's. */
function isMadeByAnother(model: string, provider: string): boolean {
  const isMaker = MAKERS.some(([, maker]) => maker === provider)
  const own = MAKERS.find(([pattern]) => pattern.test(model))?.[1]
  return isMaker && own !== undefined && own !== provider
}
