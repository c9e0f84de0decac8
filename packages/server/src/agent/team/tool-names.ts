/** The tools over a workload, in the order in which a person reads them. */
export const WORKLOAD_TOOLS = [
  'workload_profile',
  'cost_drivers',
  'compare_periods',
  'find_anomalies',
  'prompt_reuse',
  'substitute_model',
  'batch_pricing',
  'project_growth',
  'rank_options',
] as const

/** What the team does beside them. */
export const TEAM_TOOLS = [
  'triage_question',
  'correlate_columns',
  'find_missing_data',
  'plan_actions',
  'build_report',
  'adopt_plan',
] as const
