import type { Fork } from '../timeline/turns.ts'
import { IconButton } from './button.tsx'
import { ChevronLeftIcon, ChevronRightIcon } from './icons.tsx'

interface ForkSwitchProps {
  fork: Fork
  what: string
  onChoose: (fork: Fork, step: number) => void
}

/** ‹ 2/3 › between the alternatives of one place. */
export function ForkSwitch({ fork, what, onChoose }: ForkSwitchProps) {
  const count = fork.ids.length
  if (count < 2) return null
  return (
    <span role="group" aria-label={`Versions of this ${what}`} className="flex items-center">
      <IconButton
        small
        label={`Previous ${what}`}
        disabled={fork.shown === 0}
        onClick={() => onChoose(fork, -1)}
      >
        <ChevronLeftIcon size={16} />
      </IconButton>
      <span className="figures text-xs text-muted">
        {fork.shown + 1}/{count}
      </span>
      <IconButton
        small
        label={`Next ${what}`}
        disabled={fork.shown === count - 1}
        onClick={() => onChoose(fork, 1)}
      >
        <ChevronRightIcon size={16} />
      </IconButton>
    </span>
  )
}
