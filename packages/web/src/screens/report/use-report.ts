import { ReportApi, type AdoptedPlan, type Report } from '@netra/client'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'

import { useLive } from '../../live/use-live.ts'

/** A report never changes once it is made. */
export function useReport(fileId: string): UseQueryResult<Report> {
  const { api } = useLive()
  return useQuery({
    queryKey: ['report', fileId],
    queryFn: ({ signal }) => new ReportApi(api.requests).report(fileId, signal),
    staleTime: Infinity,
    retry: false,
  })
}

/** When it was made; null while that is not known, or where only its file says so no more. */
export function useReportDate(fileId: string): string | null {
  const { api } = useLive()
  const files = useQuery({ queryKey: ['files'], queryFn: ({ signal }) => api.files(signal) })
  return files.data?.find((file) => file.file_id === fileId)?.created_at ?? null
}

/** Plans that the person adopted, newest first. */
export function usePlans(): UseQueryResult<AdoptedPlan[]> {
  const { api } = useLive()
  return useQuery({
    queryKey: ['plans'],
    queryFn: ({ signal }) => new ReportApi(api.requests).plans(signal),
    staleTime: 0,
  })
}
