// Uses every export that the application imports, each with its exact type.
import {
  ALL_LOOKUP_KEYS,
  EXPERT_INVITE_LOOKUP_KEYS,
  EXPERT_LOOKUP_KEYS,
  FEATURE_NAMES,
  LECTURER_LOOKUP_KEYS,
  PRODUCT_FEATURES,
  SEAT_LOOKUP_KEYS,
  TEAM_LOOKUP_KEYS,
  getExpertLookupKey,
  getTeamLookupKey,
  isValidLookupKey,
} from './keys.js';
import type {
  BillingInterval,
  ExpertLookupKey,
  ExpertTier,
  FeatureKey,
  TeamTier,
} from './keys.js';

type Is<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function exactly<A, B>(..._proof: Is<A, B> extends true ? [] : [never]): void {}

exactly<
  typeof EXPERT_LOOKUP_KEYS,
  {
    readonly community: {
      readonly monthly: 'community-expert-monthly';
      readonly annual: 'community-expert-annual';
    };
    readonly top: {
      readonly monthly: 'top-expert-monthly';
      readonly annual: 'top-expert-annual';
    };
  }
>();
exactly<
  typeof EXPERT_INVITE_LOOKUP_KEYS,
  {
    readonly community: 'community-expert-invite';
    readonly top: 'top-expert-invite';
  }
>();
exactly<
  typeof LECTURER_LOOKUP_KEYS,
  {
    readonly annual: 'lecturer-module-annual';
    readonly invite: 'lecturer-module-invite';
  }
>();
exactly<
  typeof TEAM_LOOKUP_KEYS,
  {
    readonly starter: {
      readonly monthly: 'team-starter-monthly';
      readonly annual: 'team-starter-annual';
    };
    readonly professional: {
      readonly monthly: 'team-professional-monthly';
      readonly annual: 'team-professional-annual';
    };
    readonly enterprise: {
      readonly monthly: 'team-enterprise-monthly';
      readonly annual: 'team-enterprise-annual';
    };
  }
>();
exactly<
  typeof ALL_LOOKUP_KEYS,
  readonly [
    'community-expert-monthly',
    'community-expert-annual',
    'top-expert-monthly',
    'top-expert-annual',
    'community-expert-invite',
    'top-expert-invite',
    'lecturer-module-annual',
    'lecturer-module-invite',
    'team-starter-monthly',
    'team-starter-annual',
    'team-professional-monthly',
    'team-professional-annual',
    'team-enterprise-monthly',
    'team-enterprise-annual',
  ]
>();
exactly<ExpertLookupKey, (typeof ALL_LOOKUP_KEYS)[number]>();
exactly<ExpertTier, 'community' | 'top'>();
exactly<ExpertTier, keyof typeof EXPERT_LOOKUP_KEYS>();
exactly<BillingInterval, 'monthly' | 'annual'>();
exactly<TeamTier, 'starter' | 'professional' | 'enterprise'>();
exactly<TeamTier, keyof typeof TEAM_LOOKUP_KEYS>();
exactly<
  typeof getExpertLookupKey,
  (tier: ExpertTier, interval: BillingInterval) => string
>();
exactly<
  typeof getTeamLookupKey,
  (tier: TeamTier, interval: BillingInterval) => string
>();
exactly<typeof isValidLookupKey, (key: string) => key is ExpertLookupKey>();
exactly<typeof SEAT_LOOKUP_KEYS, { readonly monthly: 'team-practitioner-seat-monthly' }>();
exactly<(typeof FEATURE_NAMES)['custom_branding'], 'Custom branding'>();
exactly<(typeof PRODUCT_FEATURES)['lecturer_module'], readonly ['lecturer_module']>();

const literal: 'top-expert-annual' = EXPERT_LOOKUP_KEYS.top.annual;
const key: string = getExpertLookupKey('community', 'monthly');
const plan: string = getTeamLookupKey('enterprise', 'annual');
const feature: FeatureKey = 'analytics_access';
if (isValidLookupKey(key)) {
  const narrowed: ExpertLookupKey = key;
  console.log(narrowed, literal, plan, feature, LECTURER_LOOKUP_KEYS.invite);
}

// @ts-expect-error no such tier
getExpertLookupKey('starter', 'monthly');
// @ts-expect-error no such interval
getTeamLookupKey('starter', 'weekly');
// @ts-expect-error nobody writes to it
EXPERT_LOOKUP_KEYS.community.monthly = 'community-expert-monthly';
// @ts-expect-error nor adds to it
ALL_LOOKUP_KEYS.push('community-expert-monthly');
// @ts-expect-error the seat is not subscribed to by itself
const seat: ExpertLookupKey = 'team-practitioner-seat-monthly';
// @ts-expect-error a text is not a key before it is looked at
const unseen: ExpertLookupKey = key;
console.log(seat, unseen);
