import type { ApprovalAskedRow, ApprovalRow, Journal, RunRow } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { asId, type RunId, type ToolCallId, type UserId } from '../platform/ids.ts'

/** A tool call that a person is asked about, as its owner sees it. */
export interface ShownApproval {
  run_id: string
  tool_call_id: string
  /** An answer must name it: one to an older asking decides nothing. */
  fence: number
  thread: { id: string; title: string }
  /** Who asks. */
  agent: string | null
  /** The beginning of what the person wanted of that agent. */
  asked_for: string
  tool: string
  /** Whose tool it is, in words; null: Netra's own. */
  server: string | null
  /** Exactly what will run. */
  arguments: Record<string, unknown>
  question: unknown
  change: unknown
  /** The call was cut off in the middle: what became of it is not known. */
  interrupted: boolean
  /** No choice of the person ends the asking about this tool. */
  asks_always: boolean
  asked_at: string
  expires_at: string
}

/** One that was answered, or still is not: for the person's archive and for repeated requests. */
export interface KeptApproval extends Omit<ShownApproval, 'thread' | 'asked_for'> {
  thread_id: string
  state: ApprovalRow['state']
  action: ApprovalAskedRow['action']
  content: Record<string, unknown> | null
  reason: string | null
  decided_by: string | null
  decided_at: string | null
}

export interface UnaskedTool {
  tool: string
  at: string
}

/** What waits for a person, what they answered, and which tools they want not to be asked about. */
export interface Approvals {
  /** Soonest to expire first, at most 200. */
  waiting(userId: UserId): Promise<ShownApproval[]>
  /** The newest asking about a call; undefined: not theirs, or none. */
  find(userId: UserId, runId: string, callId: string): Promise<KeptApproval | undefined>
  /** All, oldest first, a page at a time. */
  pages(userId: UserId, limit: number): AsyncGenerator<KeptApproval[]>
  unasked(userId: UserId): Promise<UnaskedTool[]>
  /**
   * The tool of this call is not asked about any more; undefined: there is no such call;
   * `asks_always`: it is of those that no choice ends the asking about.
   */
  stopAsking(
    userId: UserId,
    runId: string,
    callId: string,
  ): Promise<UnaskedTool | 'asks_always' | undefined>
  askAgain(userId: UserId, tool: string): Promise<boolean>
  /** Tools that run unasked, each with the definition that this was said of. */
  unaskedDefinitions(userId: UserId): Promise<ReadonlyMap<string, string>>
}

const MOST_WAITING = 200
const SAID_CHARACTERS = 300

export function createApprovals(parts: {
  journal: Pick<Journal, 'db' | 'write'>
  clock: Clock
}): Approvals {
  const { journal, clock } = parts
  const { db } = journal

  /** Approvals of a user with what was told and answered of each, as it was last asked. */
  const joined = (userId: UserId) =>
    db
      .selectFrom('approval as a')
      .leftJoin('approval_asked as t', (join) =>
        join
          .onRef('t.run_id', '=', 'a.run_id')
          .onRef('t.tool_call_id', '=', 'a.tool_call_id')
          .onRef('t.fence', '=', 'a.fence'),
      )
      .where('a.user_id', '=', userId)
      .select([
        'a.run_id',
        'a.tool_call_id',
        'a.thread_id',
        'a.fence',
        'a.tool_name',
        'a.arguments',
        'a.state',
        'a.expires_at',
        'a.created_at',
        'a.decided_by',
        't.agent',
        't.server',
        't.question',
        't.change',
        't.interrupted',
        't.bound_to',
        't.action',
        't.content',
        't.reason',
        't.decided_at',
      ])

  type Joined = Awaited<ReturnType<ReturnType<typeof joined>['execute']>>[number]

  const commonOf = (row: Joined) => ({
    run_id: row.run_id,
    tool_call_id: row.tool_call_id,
    fence: row.fence,
    agent: row.agent,
    tool: row.tool_name,
    server: row.server,
    arguments: JSON.parse(row.arguments) as Record<string, unknown>,
    question: read(row.question),
    change: read(row.change),
    interrupted: row.interrupted === 1,
    asks_always: row.bound_to?.startsWith('!') === true,
    asked_at: row.created_at,
    expires_at: row.expires_at,
  })

  const keptOf = (row: Joined): KeptApproval => ({
    ...commonOf(row),
    thread_id: row.thread_id,
    state: row.state,
    action: row.action,
    content: read(row.content) as Record<string, unknown> | null,
    reason: row.reason,
    decided_by: row.decided_by,
    decided_at: row.decided_at,
  })

  const find = (userId: UserId, runId: string, callId: string): Promise<Joined | undefined> =>
    joined(userId)
      .where('a.run_id', '=', asId<RunId>(runId))
      .where('a.tool_call_id', '=', asId<ToolCallId>(callId))
      .executeTakeFirst()

  async function saidTo(runs: readonly Pick<RunRow, 'id'>[]): Promise<Map<string, string>> {
    if (runs.length === 0) return new Map()
    const rows = await db
      .selectFrom('run')
      .innerJoin('message', 'message.id', 'run.parent_message_id')
      .select(['run.id', 'message.text'])
      .where(
        'run.id',
        'in',
        runs.map(({ id }) => id),
      )
      .execute()
    return new Map(rows.map(({ id, text }) => [id, text.slice(0, SAID_CHARACTERS)]))
  }

  return {
    async waiting(userId) {
      const rows = await joined(userId)
        .innerJoin('thread', 'thread.id', 'a.thread_id')
        .select('thread.title')
        .where('a.state', '=', 'waiting')
        .orderBy('a.expires_at')
        .limit(MOST_WAITING)
        .execute()
      const said = await saidTo(rows.map(({ run_id: id }) => ({ id })))
      return rows.map((row) => ({
        ...commonOf(row),
        thread: { id: row.thread_id, title: row.title },
        asked_for: said.get(row.run_id) ?? '',
      }))
    },
    async find(userId, runId, callId) {
      const row = await find(userId, runId, callId)
      return row && keptOf(row)
    },
    async *pages(userId, limit) {
      for (let offset = 0; ; offset += limit) {
        const rows = await joined(userId)
          .orderBy('a.created_at')
          .orderBy('a.run_id')
          .orderBy('a.tool_call_id')
          .limit(limit)
          .offset(offset)
          .execute()
        if (rows.length > 0) yield rows.map(keptOf)
        if (rows.length < limit) return
      }
    },
    async unasked(userId) {
      const rows = await db
        .selectFrom('tool_unasked')
        .select(['tool_name', 'at'])
        .where('user_id', '=', userId)
        .orderBy('tool_name')
        .execute()
      return rows.map(({ tool_name: tool, at }) => ({ tool, at }))
    },
    async stopAsking(userId, runId, callId) {
      const row = await find(userId, runId, callId)
      const definition = row?.bound_to?.split(':')[0]
      if (!row || definition === undefined) return undefined
      if (definition.startsWith('!')) return 'asks_always'
      const at = isoTime(clock)
      await journal.write([
        db
          .insertInto('tool_unasked')
          .values({ user_id: userId, tool_name: row.tool_name, definition, at })
          .onConflict((conflict) =>
            conflict.columns(['user_id', 'tool_name']).doUpdateSet({ definition, at }),
          )
          .compile(),
      ])
      return { tool: row.tool_name, at }
    },
    async askAgain(userId, tool) {
      const of = await db
        .selectFrom('tool_unasked')
        .select('tool_name')
        .where('user_id', '=', userId)
        .where('tool_name', '=', tool)
        .executeTakeFirst()
      if (!of) return false
      await journal.write([
        db
          .deleteFrom('tool_unasked')
          .where('user_id', '=', userId)
          .where('tool_name', '=', tool)
          .compile(),
      ])
      return true
    },
    async unaskedDefinitions(userId) {
      const rows = await db
        .selectFrom('tool_unasked')
        .select(['tool_name', 'definition'])
        .where('user_id', '=', userId)
        .execute()
      return new Map(rows.map((row) => [row.tool_name, row.definition]))
    },
  }
}

const read = (json: string | null): unknown => (json === null ? null : JSON.parse(json))
