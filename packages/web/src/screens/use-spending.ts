import { SpendingApi } from '@netra/client'
import { useMemo } from 'react'

import { useLive } from '../live/use-live.ts'

/** The routes about what models used and what they may. */
export function useSpendingApi(): SpendingApi {
  const { api } = useLive()
  return useMemo(() => new SpendingApi(api.requests), [api])
}
