import { useEffect, useState } from 'react'

/** The last of a value that comes and goes, as a problem does while it is tried again; null once over. */
export function useLasting<Value>(value: Value | null, isOver: boolean): Value | null {
  const [last, setLast] = useState<Value | null>(null)
  useEffect(() => {
    if (value !== null) setLast(value)
    else if (isOver) setLast(null)
  }, [value, isOver])
  return isOver ? null : (value ?? last)
}
