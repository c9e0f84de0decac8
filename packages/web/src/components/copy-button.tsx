import { useEffect, useState } from 'react'

import { Button, IconButton } from './button.tsx'
import { CheckIcon, CopyIcon } from './icons.tsx'

interface CopyButtonProps {
  text: () => string
  label: string
  /** Shows its name, not only a picture. */
  named?: boolean
}

/** Copies a text and says so for a moment. */
export function CopyButton({ text, label, named = false }: CopyButtonProps) {
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
  const icon = state === 'copied' ? <CheckIcon size={16} /> : <CopyIcon size={16} />
  if (named) {
    return (
      <Button small onClick={copy}>
        {icon}
        {name}
      </Button>
    )
  }
  return (
    <IconButton small label={name} onClick={copy}>
      {icon}
    </IconButton>
  )
}
