/** Why a question has no certain meaning. Each kind is answered in its own words. */
export type Problem =
  /** Words that could change the meaning and that nothing in the data or the grammar explains. */
  | { kind: 'unplaced'; words: string[] }
  | { kind: 'ambiguous'; phrase: string; candidates: string[] }
  /** A column without a word that says what to compute of it. */
  | { kind: 'which-figure'; column: string }
  | { kind: 'explained'; message: string }

/** Thrown by the parser, caught where the reply is made: no answer is better than a guessed one. */
export class Unclear extends Error {
  override readonly name = 'Unclear'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.kind)
    this.problem = problem
  }
}

export const unplaced = (...words: string[]): Unclear => new Unclear({ kind: 'unplaced', words })

export const explained = (message: string): Unclear => new Unclear({ kind: 'explained', message })
