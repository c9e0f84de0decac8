import type { Approval, Run, ThreadMessage, ThreadState, ToolCall } from '@netra/protocol'

/** One run's answer. Of older runs, which a window left out, only the messages are known. */
export interface Answer {
  id: string
  run: Run | null
  messages: readonly ThreadMessage[]
  calls: readonly ToolCall[]
  /** Tool calls that wait for a person. */
  approvals: readonly Approval[]
}

/** Where one of several alternatives was taken. */
export interface Fork {
  key: string
  ids: readonly string[]
  /** Position of the shown one in `ids`. */
  shown: number
}

/** A question and the answer shown for it; either may be unknown. */
export interface Turn {
  key: string
  question: ThreadMessage | null
  questions: Fork
  answer: Answer | null
  answers: Fork
}

/** Which alternative a person chose, by fork; what is absent shows the newest. */
export type Choices = Readonly<Record<string, string>>

export interface ThreadPath {
  turns: Turn[]
  /** The message that the next one follows; null at the start. */
  leafId: string | null
}

const ROOT = 'start'
const NO_APPROVALS: readonly Approval[] = []
const NO_FORK: Fork = { key: '', ids: [], shown: 0 }

interface Tree {
  questions: Map<string, ThreadMessage[]>
  answers: Map<string, Answer[]>
  /** Answers whose question is not known any more. */
  orphans: Answer[]
}

function answersOf(state: ThreadState): Answer[] {
  const messages = Map.groupBy(
    state.messages.filter((message) => message.run_id !== null && message.role === 'assistant'),
    (message) => message.run_id,
  )
  const calls = Map.groupBy(state.tool_calls, (call) => call.run_id)
  const waiting = Map.groupBy(
    state.approvals.filter((approval) => approval.status === 'pending'),
    (approval) => approval.run_id,
  )
  const known = new Set<string>(state.runs.map((run) => run.id))
  const old: Answer[] = []
  for (const [id, spoken] of messages) {
    if (id !== null && !known.has(id))
      old.push({ id, run: null, messages: spoken, calls: [], approvals: [] })
  }
  const recent = state.runs.map((run) => ({
    id: run.id,
    run,
    messages: messages.get(run.id) ?? [],
    calls: calls.get(run.id) ?? [],
    approvals: waiting.get(run.id) ?? NO_APPROVALS,
  }))
  return [...old, ...recent]
}

const parentOf = (answer: Answer): string | null =>
  answer.run?.parent_message_id ?? answer.messages[0]?.parent_message_id ?? null

const timeOf = (answer: Answer): string => answer.run?.accepted_at ?? answer.messages[0]?.at ?? ''

const push = <Item>(map: Map<string, Item[]>, key: string, item: Item): void => {
  const list = map.get(key)
  if (list) list.push(item)
  else map.set(key, [item])
}

function treeOf(state: ThreadState): Tree {
  const byId = new Map<string, ThreadMessage>(state.messages.map((item) => [item.id, item]))
  const tree: Tree = { questions: new Map(), answers: new Map(), orphans: [] }
  for (const answer of answersOf(state)) {
    const parent = parentOf(answer)
    if (parent !== null && byId.has(parent)) push(tree.answers, parent, answer)
    else tree.orphans.push(answer)
  }
  for (const message of state.messages) {
    if (message.role === 'user') push(tree.questions, anchorOf(message, byId, tree), message)
  }
  return tree
}

/** What a question follows: an answer, a question that nobody answered, or the start. */
function anchorOf(
  message: ThreadMessage,
  byId: ReadonlyMap<string, ThreadMessage>,
  tree: Tree,
): string {
  const parent = message.parent_message_id === null ? null : byId.get(message.parent_message_id)
  if (!parent) return ROOT
  if (parent.run_id !== null && parent.role === 'assistant') return parent.run_id
  const before = tree.answers
    .get(parent.id)
    ?.findLast((answer) => message.at === null || timeOf(answer) <= message.at)
  return before?.id ?? parent.id
}

/** The time of the newest thing below a node; the newest branch is shown unless one was chosen. */
function newestBelow(tree: Tree, question: ThreadMessage | null, answer: Answer | null): string {
  let newest = answer ? (answer.messages.at(-1)?.at ?? timeOf(answer)) : (question?.at ?? '')
  const consider = (time: string) => {
    if (time > newest) newest = time
  }
  if (answer) {
    for (const next of tree.questions.get(answer.id) ?? []) consider(newestBelow(tree, next, null))
  } else if (question) {
    for (const item of tree.answers.get(question.id) ?? []) consider(newestBelow(tree, null, item))
    for (const next of tree.questions.get(question.id) ?? []) {
      consider(newestBelow(tree, next, null))
    }
  }
  return newest
}

function choose<Item extends { id: string }>(
  at: { key: string; choices: Choices },
  items: readonly Item[],
  newest: (item: Item) => string,
): { item: Item | null; fork: Fork } {
  if (items.length === 0) return { item: null, fork: NO_FORK }
  let shown = items.findIndex((item) => item.id === at.choices[at.key])
  if (shown < 0) {
    shown = 0
    let best = ''
    for (const [index, item] of items.entries()) {
      const time = items.length === 1 ? '' : newest(item)
      if (time >= best) [best, shown] = [time, index]
    }
  }
  return {
    item: items[shown] ?? null,
    fork: { key: at.key, ids: items.map((item) => item.id), shown },
  }
}

/** A question with the answer shown for it. */
function turnOf(
  at: { tree: Tree; choices: Choices },
  answers: readonly Answer[],
  asked: { question: ThreadMessage | null; questions: Fork },
): Turn {
  const { question } = asked
  const key = `answers:${question?.id ?? ROOT}`
  const { item, fork } = choose({ key, choices: at.choices }, answers, (answer) =>
    newestBelow(at.tree, null, answer),
  )
  return { key: question?.id ?? item?.id ?? ROOT, ...asked, answer: item, answers: fork }
}

const endOf = (turn: Turn): string | null =>
  turn.answer?.messages.at(-1)?.id ?? turn.question?.id ?? null

/** The one way through a thread's branches that the screen shows, oldest first. */
export function pathOf(state: ThreadState, choices: Choices): ThreadPath {
  const tree = treeOf(state)
  const turns: Turn[] = []
  if (tree.orphans.length > 0) {
    turns.push(turnOf({ tree, choices }, tree.orphans, { question: null, questions: NO_FORK }))
  }
  const seen = new Set<string>()
  for (;;) {
    const last = turns.at(-1)
    const anchor = last?.answer?.id ?? last?.question?.id ?? ROOT
    const next = tree.questions.get(anchor) ?? []
    const at = { key: `questions:${anchor}`, choices }
    const { item, fork } = choose(at, next, (question) => newestBelow(tree, question, null))
    if (!item || seen.has(item.id)) return { turns, leafId: last ? endOf(last) : null }
    seen.add(item.id)
    const answers = tree.answers.get(item.id) ?? []
    turns.push(turnOf({ tree, choices }, answers, { question: item, questions: fork }))
  }
}

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, index) => Object.is(item, b[index]))

const sameFork = (a: Fork, b: Fork): boolean =>
  a.key === b.key && a.shown === b.shown && sameList(a.ids, b.ids)

const sameAnswer = (a: Answer | null, b: Answer | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.id === b.id &&
    a.run === b.run &&
    sameList(a.messages, b.messages) &&
    sameList(a.calls, b.calls))

const sameTurn = (a: Turn, b: Turn): boolean =>
  a.key === b.key &&
  a.question === b.question &&
  sameFork(a.questions, b.questions) &&
  sameFork(a.answers, b.answers) &&
  sameAnswer(a.answer, b.answer)

/** The next turns, with the very objects of the previous ones where nothing changed. */
export function reuseTurns(previous: readonly Turn[], next: readonly Turn[]): Turn[] {
  return next.map((turn, index) => {
    const known = previous[index]
    return known && sameTurn(known, turn) ? known : turn
  })
}
