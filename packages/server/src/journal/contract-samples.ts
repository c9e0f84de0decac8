import {
  asId,
  type MessageId,
  type RunId,
  type ThreadId,
  type TraceId,
  type UserId,
} from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
import type { Journal, NewEvent, StreamName } from './journal.ts'

export const ALL = { events: 1_000_000, bytes: 1_000_000_000 }
export const A: StreamName = 'thread:a'
export const B: StreamName = 'user:b'

export const eventOf = (value: unknown): NewEvent => ({
  type: 'test',
  payload: JSON.stringify(value),
})

export const events = (count: number, from = 0): NewEvent[] =>
  Array.from({ length: count }, (_, index) => eventOf({ n: from + index }))

export const setting = (journal: Journal, key: string, value = ''): Statement =>
  journal.db.insertInto('setting').values({ key, value, updated_at: '' }).compile()

export const keys = async (journal: Journal): Promise<string[]> => {
  const rows = await journal.db.selectFrom('setting').select('key').orderBy('key').execute()
  return rows.map(({ key }) => key)
}

export const run = (journal: Journal, id: string, fence: number): Statement =>
  journal.db
    .insertInto('run')
    .values({
      id: asId<RunId>(id),
      thread_id: asId<ThreadId>('t'),
      user_id: asId<UserId>('u'),
      state: 'running',
      agent: null,
      model: null,
      client_message_id: null,
      parent_message_id: asId<MessageId>('m'),
      trace_id: asId<TraceId>(''),
      fence,
      attempt: 1,
      lease_until: 1_800_000_000_000,
      cancel_requested: 0,
      waiting_for: null,
      compacted: 0,
      created_at: '',
      updated_at: '',
    })
    .compile()

export const someSetting = (journal: Journal, key: string): Statement =>
  journal.db.selectFrom('setting').selectAll().where('key', '=', key).compile()
