"""Which part of GitHub's GraphQL schema is known here? Names and types are those of docs.github.com/graphql."""

from __future__ import annotations

import functools

from graphql import GraphQLSchema, build_schema

_SCHEMA = """
scalar BigInt
scalar DateTime
scalar GitObjectID
scalar URI

type Query {
  repository(owner: String!, name: String!, followRenames: Boolean = true): Repository
}

type Repository {
  databaseId: Int
  defaultBranchRef: Ref
  nameWithOwner: String!
  object(oid: GitObjectID, expression: String): GitObject
  pullRequest(number: Int!): PullRequest
  pullRequests(
    baseRefName: String, first: Int, headRefName: String, orderBy: IssueOrder, states: [PullRequestState!]
  ): PullRequestConnection!
}

type Ref { name: String! }

interface GitObject { oid: GitObjectID! }

type Commit implements GitObject {
  oid: GitObjectID!
  associatedPullRequests(first: Int, orderBy: PullRequestOrder): PullRequestConnection
}

type PullRequestConnection {
  nodes: [PullRequest]
  pageInfo: PageInfo!
  totalCount: Int!
}

type PageInfo { hasNextPage: Boolean! }

type PullRequest {
  assignees(first: Int): UserConnection!
  author: Actor
  baseRefName: String!
  baseRefOid: GitObjectID!
  body: String!
  comments(first: Int): IssueCommentConnection!
  headRefName: String!
  headRefOid: GitObjectID!
  headRepository: Repository
  isDraft: Boolean!
  labels(first: Int): LabelConnection
  mergeCommit: Commit
  mergedAt: DateTime
  number: Int!
  reviewRequests(first: Int): ReviewRequestConnection
  state: PullRequestState!
  title: String!
  updatedAt: DateTime!
  url: URI!
}

interface Actor { login: String! }
type Bot implements Actor { login: String! }
type Organization implements Actor { login: String! }
type User implements Actor { login: String! }
type Team { slug: String! }
union RequestedReviewer = Bot | Team | User

type IssueCommentConnection {
  nodes: [IssueComment]
  pageInfo: PageInfo!
  totalCount: Int!
}
type IssueComment {
  author: Actor
  body: String!
  fullDatabaseId: BigInt
  url: URI!
}

type LabelConnection { nodes: [Label] }
type Label { name: String! }
type ReviewRequestConnection { nodes: [ReviewRequest] }
type ReviewRequest { requestedReviewer: RequestedReviewer }
type UserConnection { nodes: [User] }

enum PullRequestState { CLOSED MERGED OPEN }
enum IssueOrderField { COMMENTS CREATED_AT UPDATED_AT }
enum PullRequestOrderField { CREATED_AT UPDATED_AT }
enum OrderDirection { ASC DESC }
input IssueOrder { direction: OrderDirection!, field: IssueOrderField! }
input PullRequestOrder { direction: OrderDirection!, field: PullRequestOrderField! }
"""


@functools.cache
def schema() -> GraphQLSchema:
    """Return the schema; it is built when it is first asked for."""
    return build_schema(_SCHEMA)
