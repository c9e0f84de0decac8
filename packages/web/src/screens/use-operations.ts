import { OperationsApi } from '@netra/client'
import { useMemo } from 'react'

import { useLive } from '../live/use-live.ts'

/** The routes about how this node does, and how long a run took. */
export function useOperationsApi(): OperationsApi {
  const { api } = useLive()
  return useMemo(() => new OperationsApi(api.requests), [api])
}
