import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'

import type { Approvals, ShownMessage, ShownThread, Threads } from '../../access/access.ts'
import type { Files, StoredFile, Timelines } from '../../command/command.ts'
import type { Mcp, McpOauth } from '../../mcp/mcp.ts'
import type { Memory } from '../../memory/memory.ts'
import type { UserId } from '../../platform/ids.ts'
import type { Spans } from '../../spans/spans.ts'
import type { Spending } from '../../spending/spending.ts'
import type { AdoptedPlans, WorkloadPage } from '../ports.ts'
import { ArchiveNames } from './archive-names.ts'
import { markdownHead, markdownMessage } from './export.ts'
import type { ZipEntry } from './zip.ts'

const PAGE = 200

interface Parts {
  threads: Threads
  files: Files
  spending: Pick<Spending, 'callsOf'>
  timelines: Timelines
  memory: Memory
  approvals: Approvals
  plans: AdoptedPlans
  mcp: Pick<Mcp, 'list'>
  mcpOauth: Pick<McpOauth, 'view'>
  modelSpans: Pick<Spans, 'lines'>
  workload: Pick<WorkloadPage, 'corrections'>
}

/** What goes into a person's archive, known before the first byte is sent. */
export interface ArchivePlan {
  threads: ShownThread[]
  files: StoredFile[]
}

export async function planArchive(parts: Parts, userId: UserId): Promise<ArchivePlan> {
  const threads: ShownThread[] = []
  for (const archived of [false, true]) {
    for (let offset = 0; ; offset += PAGE) {
      const page = { limit: PAGE, offset, search: '', archived }
      const found = await parts.threads.list(userId, page)
      threads.push(...found)
      if (found.length < PAGE) break
    }
  }
  return { threads, files: await parts.files.list(userId) }
}

/**
 * Files of the archive: `account.json`, each thread as JSON and Markdown, `timelines.json` with what
 * the time of each run went to, `memory.json` with what agents are told of them, `approvals.json` with what
 * they were asked and answered, `plans.json` with the plans that they adopted, `model-calls.json` with what models used for them, uploads and results, and `files.json` with what those two are called.
 */
export async function* archiveEntries(
  parts: Parts,
  userId: UserId,
  { threads, files }: ArchivePlan,
  account: AsyncIterable<string>,
): AsyncGenerator<ZipEntry> {
  const names = new ArchiveNames()
  yield { name: 'account.json', modified: new Date(), compress: true, content: encoded(account) }
  for (const thread of threads) {
    const modified = new Date(thread.updated_at)
    const pages = () => parts.threads.pages(userId, thread.id, PAGE)
    const title = `${thread.created_at.slice(0, 10)} ${thread.title}`
    const json = names.take('threads', title, '.json')
    const texts = { json: jsonOf(thread, pages()), md: markdownOf(thread, pages()) }
    const base = { modified, compress: true }
    yield { ...base, name: json, content: encoded(texts.json) }
    yield { ...base, name: names.take('threads', title, '.md'), content: encoded(texts.md) }
  }
  const times = jsonList('timelines', parts.timelines.pages(userId, PAGE))
  yield {
    name: 'timelines.json',
    modified: new Date(),
    compress: true,
    content: encoded(times),
  }
  const asked = jsonList('approvals', parts.approvals.pages(userId, PAGE))
  yield { name: 'approvals.json', modified: new Date(), compress: true, content: encoded(asked) }
  const calls = jsonList('calls', parts.spending.callsOf(userId))
  yield { name: 'model-calls.json', modified: new Date(), compress: true, content: encoded(calls) }
  const notes = oneText(JSON.stringify(await parts.memory.list(userId)))
  yield { name: 'memory.json', modified: new Date(), compress: true, content: encoded(notes) }
  const plans = oneText(JSON.stringify({ plans: await parts.plans.list(userId) }))
  yield { name: 'plans.json', modified: new Date(), compress: true, content: encoded(plans) }
  const servers = oneText(JSON.stringify(await ownServers(parts, userId)))
  const mcpServers = encoded(servers)
  yield { name: 'mcp-servers.json', modified: new Date(), compress: true, content: mcpServers }
  const sent = encoded(parts.modelSpans.lines(userId))
  yield { name: 'application-calls.ndjson', modified: new Date(), compress: true, content: sent }
  const corrections = oneText(JSON.stringify(await parts.workload.corrections(userId)))
  yield {
    name: 'mappings.json',
    modified: new Date(),
    compress: true,
    content: encoded(corrections),
  }
  const listed: { path: string; name: string; created_at: string }[] = []
  for (const file of files) {
    const folder = file.origin === 'result' ? 'results' : 'files'
    const content = await contentOf(parts.files.pathOf(file))
    // Deleted while the archive was made.
    if (content === undefined) continue
    const name = names.take(folder, file.name)
    listed.push({ path: name, name: file.name, created_at: file.createdAt })
    yield { name, modified: new Date(file.createdAt), compress: false, content }
  }
  const list = oneText(JSON.stringify({ files: listed }))
  yield { name: 'files.json', modified: new Date(), compress: true, content: encoded(list) }
}

/** Without what they show as who they are: that is not handed out. */
async function ownServers({ mcp, mcpOauth }: Parts, userId: UserId) {
  const seen = await mcp.list({ userId, isAdmin: false })
  const signIns: object[] = []
  for (const { id, name } of seen) {
    const account = await mcpOauth.view(id, userId)
    if (!account?.signed_in) continue
    signIns.push({ server_id: id, name, scope: account.scope, since: account.since })
  }
  return { servers: seen.filter((server) => !server.for_all), sign_ins: signIns }
}

async function* jsonList(
  name: string,
  pages: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<string> {
  yield `{${JSON.stringify(name)}:[`
  let first = true
  for await (const page of pages) {
    for (const each of page) {
      yield `${first ? '' : ','}\n${JSON.stringify(each)}`
      first = false
    }
  }
  yield '\n]}\n'
}

async function* oneText(text: string): AsyncGenerator<string> {
  yield text
}

async function* jsonOf(
  thread: ShownThread,
  pages: AsyncIterable<ShownMessage[]>,
): AsyncGenerator<string> {
  yield `{"thread":${JSON.stringify(thread)},\n"messages":[`
  let first = true
  for await (const page of pages) {
    for (const message of page) {
      yield `${first ? '' : ','}\n${JSON.stringify(message)}`
      first = false
    }
  }
  yield '\n]}\n'
}

async function* markdownOf(
  thread: ShownThread,
  pages: AsyncIterable<ShownMessage[]>,
): AsyncGenerator<string> {
  yield markdownHead(thread)
  for await (const page of pages) {
    for (const message of page) yield `${markdownMessage(message)}\n`
  }
}

const encoder = new TextEncoder()

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const text of texts) yield encoder.encode(text)
}

/** Opened before its entry begins, so that a file which is gone leaves none. */
async function contentOf(path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    const handle = await open(path, 'r')
    return createReadStream('', { fd: handle })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
