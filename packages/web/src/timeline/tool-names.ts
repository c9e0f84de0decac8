/** What people call a tool; models and settings call it by another name, which is exact. */
export interface ToolName {
  title: string
  /** Whose it is; null: Netra's own, or of an agent. */
  server: string | null
}

/** What is known of the servers that somebody connected. */
export interface ToolServer {
  name: string
  slug: string
  /** `tool`: as models call it, `<slug>__<name>`. */
  tools: readonly { tool: string; name: string; title: string | null }[]
}

/** Between a server and its tool; Netra's own tools have none. */
const BETWEEN = '__'

const words = (name: string): string => name.replaceAll(/[_-]+/g, ' ').trim()

export const isOfServer = (tool: string): boolean => tool.includes(BETWEEN)

/**
 * The name of a tool for people: the title that its server gives it, else its name in words. Of a
 * server that is not known any more, what models call the tool says both.
 */
export function toolName(tool: string, servers: readonly ToolServer[]): ToolName {
  for (const { name: server, tools } of servers) {
    const found = tools.find((each) => each.tool === tool)
    if (found) return { title: found.title?.trim() || words(found.name), server }
  }
  const at = tool.indexOf(BETWEEN)
  if (at <= 0) return { title: words(tool), server: null }
  const slug = tool.slice(0, at)
  const server = servers.find((each) => each.slug === slug)?.name ?? words(slug)
  return { title: words(tool.slice(at + BETWEEN.length)), server }
}

/** `“Add a line” of Desk`; Netra's own in words alone. */
export const toolPhrase = ({ title, server }: ToolName): string =>
  server === null ? title : `“${title}” of ${server}`
