import type { OutboxEntry, OutboxStorage } from './outbox-storage.ts'

export interface IndexedOutboxOptions {
  /** Whose messages; nobody else's are ever read. */
  userId: string
  /** Where they are kept; the browser's own unless given. */
  indexedDB?: IDBFactory
  /** Tells which pages live, so that two do not send the same; the browser's own unless given. */
  locks?: LockManager | undefined
}

/** An entry as it is kept. `order` is the order of writing, over all pages. */
interface Kept extends OutboxEntry {
  order?: number
  user: string
  /** The page that sends it while it lives. */
  page: string
}

const NAME = 'netra'
const STORE = 'outbox'
/** A database that does not open must not hold back what a person sends. */
const OPENS_WITHIN_MS = 2_000

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' &&
  value !== null &&
  'message' in value &&
  'createdAt' in value &&
  'order' in value

const done = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })

async function openDatabase(factory: IDBFactory): Promise<IDBDatabase> {
  const request = factory.open(NAME, 1)
  request.addEventListener('upgradeneeded', () => {
    const store = request.result.createObjectStore(STORE, { keyPath: 'order', autoIncrement: true })
    store.createIndex('user', 'user')
    store.createIndex('id', ['user', 'id'], { unique: true })
  })
  const database = await done(request)
  // A later version of the app must not wait for this page.
  database.addEventListener('versionchange', () => database.close())
  return database
}

const pageLock = (page: string): string => `netra.page.${page}`

const late = (ms: number): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new Error('it does not open')), ms))

/**
 * Messages kept in the browser's database: over reloads, the end of the session, and days offline.
 *
 * Invariant: an entry belongs to one page while that page lives; the next one of the same user to
 * load takes over what dead pages left. Where the browser cannot tell (no locks), a message may be
 * sent by two pages, and the server answers the second one as a duplicate.
 */
export function indexedOutbox(options: IndexedOutboxOptions): OutboxStorage & Disposable {
  const { userId: user } = options
  const locks: LockManager | undefined = options.locks ?? navigator.locks
  const page = crypto.randomUUID()
  const life = new AbortController()
  const isHeld = new Promise<void>((resolve) => {
    if (!locks) return resolve()
    const whileAlive = (): Promise<void> => {
      resolve()
      return new Promise((end) => life.signal.addEventListener('abort', () => end()))
    }
    locks.request(pageLock(page), whileAlive).catch(() => resolve())
  })
  let opened: Promise<IDBDatabase> | undefined
  const database = (): Promise<IDBDatabase> => {
    opened ??= Promise.race([
      openDatabase(options.indexedDB ?? globalThis.indexedDB),
      late(OPENS_WITHIN_MS),
    ])
    return opened
  }

  async function within(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => Promise<void>,
  ): Promise<void> {
    try {
      await isHeld
      const transaction = (await database()).transaction(STORE, mode)
      await work(transaction.objectStore(STORE))
    } catch {
      // As the port says: it costs only that a message does not outlive the page.
    }
  }

  const orderOf = (store: IDBObjectStore, id: string) =>
    done(store.index('id').getKey([user, id])) as Promise<number | undefined>

  /** Names of the locks of living pages; undefined where nobody can tell. */
  async function living(): Promise<ReadonlySet<string | undefined> | undefined> {
    const state = await locks?.query()
    return state && new Set(state.held?.map(({ name }) => name))
  }

  async function adopt(): Promise<OutboxEntry[]> {
    const alive = await living()
    const mine: OutboxEntry[] = []
    await within('readwrite', async (store) => {
      const all: unknown[] = await done(store.index('user').getAll(user))
      for (const kept of all.filter(isKept)) {
        if (kept.page !== page && alive?.has(pageLock(kept.page))) continue
        if (kept.page !== page) store.put({ ...kept, page })
        const { id, message, createdAt } = kept
        mine.push({ id, message, createdAt })
      }
    })
    return mine
  }

  return {
    // One page at a time: two that begin together must not both take over what a third one left.
    async load() {
      try {
        return await (locks ? locks.request(`netra.outbox.${user}`, adopt) : adopt())
      } catch {
        // Locks that are forbidden here: nothing is taken over, and nothing is lost.
        return []
      }
    },
    save: (entry) =>
      within('readwrite', async (store) => {
        const order = await orderOf(store, entry.id)
        const kept: Kept = { ...entry, user, page, ...(order !== undefined && { order }) }
        await done(store.put(kept))
      }),
    remove: (id) =>
      within('readwrite', async (store) => {
        const order = await orderOf(store, id)
        if (order !== undefined) await done(store.delete(order))
      }),
    [Symbol.dispose]: () => life.abort(),
  }
}
