/** What the server answers. */
export interface RunRow {
  run_id: string;
  pipeline: string;
  began_ms: number;
  seconds: number;
  state: string;
  failure: string | null;
  verdict: string | null;
  reasons: string[];
  figures: Record<string, number>;
  images: number | null;
  split: string | null;
  data: string | null;
  data_fingerprint: string | null;
  preset: string | null;
  published: string | null;
  served: boolean | null;
  reused: number;
  steps: number;
  code: Record<string, string>;
}
export interface RunsAnswer { total: number; runs: RunRow[]; pipelines: string[]; version: number }
export interface StoreAnswer {
  address: string;
  runs: number;
  executions: number;
  artifacts: number;
  version: number;
  loading?: boolean;
  problem?: string | null;
  problem_since_ms?: number | null;
}
export interface NamedArtifact { id: number; type: string; uri: string; name?: string }
export interface Step {
  node: string;
  execution: number;
  run: string;
  state: string;
  created_ms: number;
  seconds: number;
  code: Record<string, string>;
  settings: Record<string, unknown>;
  details: Record<string, unknown>;
  failure: string | null;
  inputs: Record<string, NamedArtifact[]>;
  outputs: Record<string, NamedArtifact[]>;
}
export interface GraphNode {
  id: string;
  kind: "execution" | "artifact";
  node?: string;
  run?: string;
  state?: string;
  seconds?: number;
  failure?: string | null;
  type?: string;
  uri?: string;
}
export interface GraphEdge { from: string; to: string; name: string }
export interface GraphAnswer {
  nodes: GraphNode[];
  edges: GraphEdge[];
  more?: Record<string, { back?: number; on?: number }>;
}
export interface RunAnswer { run: RunRow; properties: Record<string, unknown>; steps: Step[]; graph: GraphAnswer }
export interface Preview { kind: string; name: string; url: string | null; command?: string }
/** A step beside an artifact: `name` is the one that the step knows the artifact by. */
export interface BriefStep { execution: number; name: string; node?: string; run?: string; state?: string }
export interface ArtifactAnswer {
  artifact: NamedArtifact & { state: string; created_ms: number; properties: Record<string, unknown> };
  producer: BriefStep | null;
  reused_by?: BriefStep[];
  consumers: BriefStep[];
  more_consumers?: number;
  files?: boolean | null;
  files_problem?: string | null;
  previews: Preview[];
  published: boolean;
}
export interface ApPoint {
  run_id: string;
  began_ms: number;
  AP: number | null;
  AP50: number | null;
  verdict: string | null;
  published: string | null;
  served: boolean | null;
}
export interface Move { time: string; before: string | null; after: string; by: string; reason: string }
