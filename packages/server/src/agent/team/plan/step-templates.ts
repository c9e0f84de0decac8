/** One step of a way to make a change; `key` is unique within the way. */
export interface StepTemplate {
  key: string
  title: string
  how: string
  /** Keys of steps of the same way that must be done before. */
  after: readonly string[]
  /** An assumption about a team that knows its application. */
  effort: string
  approver: string
  rollBack: string
  check: string
}

const OWNER = 'owner of the application'
const BUDGET = 'whoever answers for the spend'
const NOTHING = 'Nothing has changed yet: stop here.'

const compare = (what: string): StepTemplate => ({
  key: 'compare',
  title: `Compare answers ${what}`,
  how: 'Take 200 real requests, at random and from every kind; answer them both ways; have people or a checked rubric judge them blindly, side by side.',
  after: [],
  effort: '2–3 person-days',
  approver: OWNER,
  rollBack: NOTHING,
  check: 'At least 95 % of the new answers are as good or better; otherwise stop.',
})

const SUBSTITUTE: readonly StepTemplate[] = [
  compare('of both models'),
  {
    key: 'canary',
    title: 'Send 5 % of the requests to the new model',
    how: 'Put the model’s name into configuration, choose by a hash of the user or session so that a conversation stays with one model, and log model, tokens, latency and errors of each request.',
    after: ['compare'],
    effort: '1–2 person-days',
    approver: `${OWNER} and ${BUDGET}`,
    rollBack:
      'Set the share to 0 % in the configuration: all requests go to the model of before at once.',
    check:
      'For a week: error rate and complaints no higher than with the model of before, tokens per request within 10 % of what was assumed.',
  },
  {
    key: 'all',
    title: 'Send all requests that are to move',
    how: 'Raise the share to 25 %, 50 % and 100 %, a few days apart.',
    after: ['canary'],
    effort: '1 person-day',
    approver: BUDGET,
    rollBack: 'Set the share back to the last that was good.',
    check:
      'The bill of the next full week against this report’s figure; where it differs by more than 10 %, find out why.',
  },
]

const ROUTE: readonly StepTemplate[] = [
  compare('of both models for short requests'),
  {
    key: 'router',
    title: 'Choose the model by the length of the request',
    how: 'Count input tokens before the call and set an output limit; requests within both limits go to the smaller model, all others stay. An answer that reaches the limit is asked for again from the model of before.',
    after: ['compare'],
    effort: '2–4 person-days',
    approver: OWNER,
    rollBack:
      'Switch the rule off in the configuration: every request goes to the model of before.',
    check: 'Share of requests that must be asked again below 5 %.',
  },
  {
    key: 'canary',
    title: 'Switch the rule on for 10 %, then for all',
    how: 'By a hash of the user or session, a few days apart.',
    after: ['router'],
    effort: '1 person-day',
    approver: `${OWNER} and ${BUDGET}`,
    rollBack: 'Set the share to 0 %.',
    check: 'The bill of the next full week against this report’s figure.',
  },
]

const BATCH: readonly StepTemplate[] = [
  {
    key: 'find',
    title: 'List what nobody waits for',
    how: 'Go through jobs by operation and hour: evaluations, enrichment, summaries, embeddings, nightly runs. Ask their owners how late an answer may be.',
    after: [],
    effort: '1–2 person-days',
    approver: OWNER,
    rollBack: NOTHING,
    check: 'Each job on the list has an owner who agreed to answers within 24 hours.',
  },
  {
    key: 'send',
    title: 'Send these jobs through the batch interface',
    how: 'Write requests to a file, upload, wait, read the answers by their ids; what the batch did not answer is sent as a single request.',
    after: ['find'],
    effort: '2–4 person-days',
    approver: `${OWNER} and ${BUDGET}`,
    rollBack: 'Send the jobs as single requests again: a switch in the job.',
    check: 'Every request answered once, within 24 hours; the discount stands on the bill.',
  },
]

const PREFIX: readonly StepTemplate[] = [
  {
    key: 'order',
    title: 'Put what never changes first',
    how: 'System prompt, tools, examples and documents first, in the same order each time; names, dates and the question last. Where the provider wants it, mark where the shared part ends.',
    after: [],
    effort: '1–3 person-days',
    approver: OWNER,
    rollBack: 'Return to the order of before: one change of the prompt’s template.',
    check: 'The share of cached input tokens in the usage export, day by day.',
  },
  {
    key: 'watch',
    title: 'Watch the share of cached tokens',
    how: 'Log cached input tokens of each answer; alert when the share falls by half, which mostly means that something variable slipped to the front.',
    after: ['order'],
    effort: '1 person-day',
    approver: OWNER,
    rollBack: 'Not needed: watching changes nothing.',
    check: 'The share against this report’s figure after a week.',
  },
]

const ANSWERS: readonly StepTemplate[] = [
  {
    key: 'allow',
    title: 'Say which answers may be kept, and for how long',
    how: 'Per operation: does the answer depend on the person, the time or on anything but the prompt? Only what does not may be kept.',
    after: [],
    effort: '1 person-day',
    approver: `${OWNER} and whoever answers for privacy`,
    rollBack: NOTHING,
    check: 'A written list of operations with a time to live each.',
  },
  {
    key: 'keep',
    title: 'Keep answers by a hash of the whole request',
    how: 'The key holds model, parameters, prompt and tenant; nobody gets an answer that was made for another tenant.',
    after: ['allow'],
    effort: '2–3 person-days',
    approver: OWNER,
    rollBack: 'Switch the cache off; every request goes to the model again.',
    check:
      'Hit rate against this report’s share of repeated prompts; no complaint about old answers.',
  },
]

const TRIM: readonly StepTemplate[] = [
  {
    key: 'why',
    title: 'Read fifty of the longest requests',
    how: 'What fills them: history, retrieved passages, tool results, repeated instructions? Note what the answer needed.',
    after: [],
    effort: '1 person-day',
    approver: OWNER,
    rollBack: NOTHING,
    check: 'Each of the fifty has a cause that can be removed, or the recommendation is dropped.',
  },
  {
    key: 'limit',
    title: 'Limit them where it does no harm',
    how: 'Fewer passages, summarised history, shortened tool results; an output limit for answers. Behind a switch per operation.',
    after: ['why'],
    effort: '2–5 person-days',
    approver: OWNER,
    rollBack: 'Turn the switch off: requests are built as before.',
    check:
      'Answers to 200 real requests judged blindly as good as before; share of answers cut short below 1 %.',
  },
]

const ERRORS: readonly StepTemplate[] = [
  {
    key: 'causes',
    title: 'Group what failed by its cause',
    how: 'Rate limits, timeouts, invalid requests, refusals: each has another remedy.',
    after: [],
    effort: '1 person-day',
    approver: OWNER,
    rollBack: NOTHING,
    check: 'Nine of ten failures have a named cause.',
  },
  {
    key: 'retry',
    title: 'Wait before asking again, and not for ever',
    how: 'Back off exponentially with jitter, keep Retry-After, at most three tries; never repeat an invalid request.',
    after: ['causes'],
    effort: '1–2 person-days',
    approver: OWNER,
    rollBack: 'Return to the settings of before.',
    check: 'Cost of failed requests in the next week’s export.',
  },
]

const WAYS: Readonly<Record<string, readonly StepTemplate[]>> = {
  substitute: SUBSTITUTE,
  'route-short': ROUTE,
  batch: BATCH,
  'prefix-cache': PREFIX,
  'answer-cache': ANSWERS,
  'trim-input': TRIM,
  'trim-output': TRIM,
  errors: ERRORS,
  retries: ERRORS,
}

/** How a recommendation is put into effect; ids are `<way>` or `<way>:<what>`. */
export const wayOf = (recommendation: string): readonly StepTemplate[] =>
  WAYS[recommendation.split(':', 1)[0] ?? ''] ?? []
