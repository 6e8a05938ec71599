package settings

import "time"

// ShopRounds tells how often a shop is swept, and whether it is: it may be
// switched off or unknown.
func (s *Settings) ShopRounds(shop string) (every time.Duration, on bool) {
	set, known := s.Shops[shop]
	return set.Sweep.RecentEvery, known && set.Enabled
}

// AccountRounds tells how often an account's changes are collected, and whether
// they are.
func (s *Settings) AccountRounds(account string) (every time.Duration, on bool) {
	set, known := s.Accounts[account]
	return set.CollectEvery, known
}
