module sleutelbord

go 1.26
