export HUB MA_HO_SO
