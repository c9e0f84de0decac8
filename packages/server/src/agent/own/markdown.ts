import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'

import { FRONT_MATTER_FIELDS, frontMatter, problemsOf, type ReadSpec } from './agent-schema.ts'
import { AgentFileWrong, type Problem } from './problem.ts'

const FRONT = /^\uFEFF?---[ \t]*\r?\n(?<yaml>[\s\S]*?)^---[ \t]*(?:\r?\n|$)(?<body>[\s\S]*)$/m
const SHAPE = 'begin with ---, description: <one sentence>, --- and the instructions below it'

/** An agent as `agents/<name>.md` says it. @throws AgentFileWrong with every mistake at its line. */
export function readMarkdownAgent(text: string): ReadSpec {
  const { yaml, body } = FRONT.exec(text)?.groups ?? {}
  if (yaml === undefined || body === undefined || !/^\uFEFF?---/.test(text))
    throw new AgentFileWrong([{ line: 1, message: `has no front matter: ${SHAPE}` }])
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines })
  // The line of the opening --- stands before.
  const lineAt = (offset: number): number => lines.linePos(offset).line + 1
  if (document.errors.length > 0)
    throw new AgentFileWrong(
      document.errors.map(({ message, pos }) => ({
        line: lineAt(pos[0]),
        message: `is not YAML: ${(message.split('\n')[0] ?? '').replace(/ at line .*$/, '')}`,
      })),
    )
  const read = frontMatter.safeParse(document.toJS() ?? {})
  const problems: Problem[] = read.success
    ? []
    : problemsOf(read.error, FRONT_MATTER_FIELDS).map(({ path, ...problem }) => ({
        line: lineAt(offsetOf(document, path)),
        ...problem,
      }))
  const instructions = body.trim()
  if (instructions === '')
    problems.push({
      line: text.split('\n').length,
      field: 'instructions',
      message: 'are missing: write below the second --- what the agent is to do',
    })
  if (problems.length > 0 || !read.success) throw new AgentFileWrong(problems)
  return { ...read.data, instructions }
}

/** Where what the path names begins, or the nearest thing that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const holder =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const last = path[length - 1]
    const pair = isMap(holder)
      ? holder.items.find(({ key }) => isScalar(key) && key.value === last)
      : undefined
    if (pair && isScalar(pair.key) && pair.key.range) return pair.key.range[0]
    const node = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return Number(node.range[0])
  }
  return 0
}
