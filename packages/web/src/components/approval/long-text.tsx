import { useState } from 'react'

const SHOWN_CHARACTERS = 600
const SHOWN_LINES = 10

interface LongTextProps {
  text: string
  of: string
  /** What a machine reads, letter by letter; otherwise words. */
  isCode?: boolean
}

/** The beginning of a long text, with how much there is besides, and all of it on demand. */
export function LongText({ text, of, isCode = true }: LongTextProps) {
  const [isWhole, setWhole] = useState(false)
  const lines = text.split('\n')
  const isLong = text.length > SHOWN_CHARACTERS || lines.length > SHOWN_LINES
  const cut = lines.slice(0, SHOWN_LINES).join('\n').slice(0, SHOWN_CHARACTERS)
  return (
    <>
      <pre
        className={`leading-relaxed wrap-anywhere whitespace-pre-wrap ${isCode ? 'font-mono' : 'font-sans'}`}
      >
        {isLong && !isWhole ? `${cut}…` : text}
      </pre>
      {isLong ? (
        <button
          type="button"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
          className="touch mt-1 rounded-sm text-xs font-medium text-accent underline underline-offset-3"
        >
          {isWhole ? 'Show less' : `Show all ${text.length.toLocaleString()} characters`}
          <span className="sr-only"> of {of}</span>
        </button>
      ) : null}
    </>
  )
}
