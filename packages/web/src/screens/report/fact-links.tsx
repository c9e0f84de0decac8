import { createContext, Fragment, useContext } from 'react'

import { factAddress, partsOf } from '../../timeline/fact-references.ts'
import { keptTogether } from '../../timeline/kept-together.ts'

/** Facts that the report on this page has: only to these a link leads. */
export const KnownFacts = createContext<ReadonlySet<string>>(new Set())

/** A text in which each `(f28)` leads to the row that says where that number comes from. */
export function WithFacts({ text }: { text: string }) {
  const known = useContext(KnownFacts)
  return partsOf(text, known).map((part, index) => (
    <Fragment key={index}>
      {part.fact === null ? (
        keptTogether(part.text)
      ) : (
        <>
          (<FactLink id={part.fact} />)
        </>
      )}
    </Fragment>
  ))
}

function FactLink({ id }: { id: string }) {
  return (
    <a
      href={factAddress(id)}
      aria-label={`${id}: where this number comes from`}
      title="Where this number comes from"
      className="touch rounded-sm text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-current"
    >
      {id}
    </a>
  )
}
