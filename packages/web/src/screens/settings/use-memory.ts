import { MemoryApi } from '@netra/client'
import { useMemo } from 'react'

import { useLive } from '../../live/use-live.ts'

/** The routes of what agents are told of a person. */
export function useMemoryApi(): MemoryApi {
  const { api } = useLive()
  return useMemo(() => new MemoryApi(api.requests), [api])
}
