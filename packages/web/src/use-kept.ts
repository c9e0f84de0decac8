import { useCallback, useState } from 'react'

/** A text in this browser's storage; null where there is none or storage is forbidden. */
export function readKept(key: string): string | null {
  try {
    return localStorage.getItem(`netra.${key}`)
  } catch {
    return null
  }
}

export function keep(key: string, value: string | null): void {
  try {
    if (value === null || value === '') localStorage.removeItem(`netra.${key}`)
    else localStorage.setItem(`netra.${key}`, value)
  } catch {
    // Full or forbidden storage: the value lives as long as the page.
  }
}

/** State that the browser remembers. */
export function useKept(key: string): [string | null, (value: string | null) => void] {
  const [value, setValue] = useState(() => readKept(key))
  const set = useCallback(
    (next: string | null) => {
      keep(key, next)
      setValue(next)
    },
    [key],
  )
  return [value, set]
}

/** Forgets what this browser remembers of a person: drafts and choices, not how the page looks. */
export function forgetKept(): void {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith('netra.'))
    for (const name of names) if (name !== 'netra.theme') localStorage.removeItem(name)
  } catch {
    // Forbidden storage holds nothing.
  }
}
