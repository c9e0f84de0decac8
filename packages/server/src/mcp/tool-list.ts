import { readDefinition, type ToolDefinition } from './definition.ts'

const MAX_TOOLS = 256
export const MAX_PAGES = 20
export const MAX_LIST_BYTES = 4 * 1024 * 1024

/** What a server lists, as far as it is taken. */
export interface ToolList {
  tools: ToolDefinition[]
  refused: { name: string; problem: string }[]
  /** Why some are missing. */
  problem: string | undefined
  /** What is not among them is not there. */
  isWhole: boolean
}

export const NO_TOOLS: ToolList = {
  tools: [],
  refused: [],
  problem: 'It offers no tools.',
  isWhole: true,
}

export function listOf(found: readonly unknown[]): ToolList {
  const tools: ToolDefinition[] = []
  const refused: ToolList['refused'] = []
  const names = new Set<string>()
  for (const each of found.slice(0, MAX_TOOLS)) {
    const read = readDefinition(each)
    if ('problem' in read) refused.push(read)
    else if (names.has(read.name))
      refused.push({ name: read.name, problem: 'It has the name of another one.' })
    else tools.push(read)
    names.add(read.name)
  }
  const problem =
    found.length > MAX_TOOLS
      ? `It has ${found.length} tools; the first ${MAX_TOOLS} are taken.`
      : undefined
  return { tools, refused, problem, isWhole: found.length <= MAX_TOOLS }
}
