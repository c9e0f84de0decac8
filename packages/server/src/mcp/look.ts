import { breakerName, type CallParts } from './call.ts'
import { failureOf } from './failures.ts'
import type { McpServer } from './server-row.ts'
import type { ToolList } from './tool-list.ts'

/** What it says of itself and of its tools; what went wrong is kept for whoever asks next. */
export async function lookAt(
  server: McpServer,
  userId: string,
  { sessions, consents, store, breakers, logger, settingsUrl }: CallParts,
): Promise<void> {
  const signal = new AbortController().signal
  try {
    const { session } = await sessions.take(server, userId, signal)
    let isWell = false
    try {
      const list = await session.tools(signal, 0)
      isWell = true
      await store.noteLook(server.id, { about: session.about, problem: missingOf(list) })
      await consents.see(server.id, list.tools, list.isWhole)
      breakers.reset(`mcp:${breakerName(server)}`)
    } finally {
      if (isWell) sessions.release(session)
      else sessions.discard(session)
      if (!isWell && session.lastWords !== '')
        logger.warn({ mcp_server: server.id, said: session.lastWords }, 'an MCP program failed')
    }
  } catch (error) {
    const failure = failureOf(error, server, settingsUrl())
    logger.info(
      { mcp_server: server.id, why: failure.error.message, cause: failure.said },
      'an MCP server was not looked at',
    )
    await store.noteLook(server.id, { problem: failure.error.message })
  }
}

/** What a list holds that is not taken. */
function missingOf({ refused, problem }: ToolList): string | null {
  const named = refused.slice(0, 5).map(({ name, problem: why }) => `${name}: ${why}`)
  const words = [problem, ...named].filter((text) => text !== undefined)
  const more = refused.length > 5 ? [`${refused.length - 5} more are not taken.`] : []
  return words.length === 0 ? null : [...words, ...more].join(' ')
}
