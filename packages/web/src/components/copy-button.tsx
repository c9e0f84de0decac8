import { useEffect, useState } from 'react'

import { IconButton } from './button.tsx'
import { CheckIcon, CopyIcon } from './icons.tsx'

/** Copies a text and says so for a moment. */
export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [state, setState] = useState<'ready' | 'copied' | 'refused'>('ready')
  useEffect(() => {
    if (state === 'ready') return undefined
    const timer = setTimeout(() => setState('ready'), 1600)
    return () => clearTimeout(timer)
  }, [state])
  const copy = () => {
    navigator.clipboard.writeText(text()).then(
      () => setState('copied'),
      () => setState('refused'),
    )
  }
  const name = { ready: label, copied: 'Copied', refused: 'The browser refused to copy' }[state]
  return (
    <IconButton small label={name} onClick={copy}>
      {state === 'copied' ? <CheckIcon size={16} /> : <CopyIcon size={16} />}
    </IconButton>
  )
}
