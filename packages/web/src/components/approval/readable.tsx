import { keptTogether } from '../../timeline/kept-together.ts'
import { LongText } from './long-text.tsx'
import { ShowRest } from './show-rest.tsx'
import { asJson, isPlain, nodesIn, plainText, visibleText } from './visible-text.ts'

/** More would be slower to read as a form than as text. */
const MOST_NODES = 1_500
const MOST_DEPTH = 5
const SHOWN_ENTRIES = 12

interface ReadableProps {
  value: unknown
  /** What it is, for whoever does not see where it stands. */
  of: string
  /** Names as they were given; otherwise in words. */
  exact?: boolean
  depth?: number
}

/** A value as a person reads it: names beside what they hold, lists below each other, no braces. */
export function Readable({ value, of, exact = false, depth = 0 }: ReadableProps) {
  if (isPlain(value)) {
    const text =
      typeof value === 'string' && !exact ? keptTogether(visibleText(value)) : plainText(value)
    return <LongText of={of} text={text} isCode={exact || text.includes('\n')} />
  }
  if (depth === MOST_DEPTH || (depth === 0 && nodesIn(value, MOST_NODES) > MOST_NODES))
    return <LongText of={of} text={asJson(value)} />
  const inner = { exact, depth: depth + 1 }
  if (Array.isArray(value)) return <Items items={value} of={of} {...inner} />
  return <Fields entries={Object.entries(Object(value))} of={of} {...inner} />
}

type InnerProps = Required<Pick<ReadableProps, 'of' | 'exact' | 'depth'>>

function Items({ items, of, ...inner }: InnerProps & { items: readonly unknown[] }) {
  if (items.length === 0) return <p className="text-muted">an empty list</p>
  const isFlat = items.every(isPlain)
  return (
    <ShowRest of={of} entries={items} shown={SHOWN_ENTRIES}>
      {(shown) => (
        <ol className={isFlat ? 'list-decimal space-y-0.5 pl-5 marker:text-muted' : 'space-y-2'}>
          {shown.map((item, index) => (
            <li key={index} className={isFlat ? '' : 'border-l-2 border-line-strong pl-3'}>
              {isFlat ? null : <p className="figures text-muted">{index + 1}</p>}
              <Readable value={item} of={`${of}, ${index + 1}`} {...inner} />
            </li>
          ))}
        </ol>
      )}
    </ShowRest>
  )
}

function Fields({ entries, of, ...inner }: InnerProps & { entries: [string, unknown][] }) {
  if (entries.length === 0) return <p className="text-muted">nothing in it</p>
  return (
    <ShowRest of={of} entries={entries} shown={2 * SHOWN_ENTRIES}>
      {(shown) => (
        <dl className="@container space-y-1.5">
          {shown.map(([name, value]) => (
            <div key={name} className={isPlain(value) ? BESIDE : ''}>
              <dt className={`wrap-anywhere text-muted ${inner.exact ? 'font-mono' : ''}`}>
                {inner.exact ? visibleText(name) : inWords(name)}
              </dt>
              <dd
                className={isPlain(value) ? 'min-w-0' : 'mt-1 border-l-2 border-line-strong pl-3'}
              >
                <Readable value={value} of={name} {...inner} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </ShowRest>
  )
}

/** A name and what it holds: in columns where there is room, else one after the other. */
const BESIDE =
  'flex flex-wrap gap-x-3 @xs:grid @xs:grid-cols-[minmax(4rem,9rem)_minmax(0,1fr)] @xs:items-start'

/** `adopted_plans` → `Adopted plans`; what is no word, as `gpt-4o`, stays. */
const inWords = (name: string): string => {
  if (!/^[a-z][a-z_ ]*$/.test(name)) return visibleText(name)
  const words = name.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
