/** One mistake in an agent's file, in words that say what to write instead. */
export interface Problem {
  /** From 1; of TypeScript it is not known. */
  line?: number
  /** As `tools[1]`; absent when it is the file as a whole. */
  field?: string
  message: string
}

export class AgentFileWrong extends Error {
  override readonly name = 'AgentFileWrong'
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super(problems.map(wordsOf).join('; '))
    this.problems = problems
  }
}

/** As `line 4: mcp is neither true nor false`. */
export const wordsOf = ({ line, field, message }: Problem): string =>
  `${line === undefined ? '' : `line ${line}: `}${field === undefined ? '' : `${field} `}${message}`
