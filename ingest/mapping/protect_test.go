package mapping

import "testing"

func TestMask(t *testing.T) {
	tests := []struct {
		how      protect
		in, want string
	}{
		{maskName, "张三", "张**"},
		{maskName, "欧阳小明", "欧**"},
		{maskName, " 张三 ", "张**"},
		{maskName, "张", "**"},
		{maskName, "", ""},
		{maskPhone, "13800000000", "138****0000"},
		{maskPhone, "+86 138-0000-1234", "138****1234"},
		{maskPhone, "１３８００００１２３４", "138****1234"},
		{maskPhone, "008613800001234", "138****1234"},
		{maskPhone, "0731-85551234", "073****1234"},
		{maskPhone, "13800001234、13900005678", "138****1234、139****5678"},
		{maskPhone, "13800001234 13900005678", "138****1234、139****5678"},
		{maskPhone, "8555123", "855****"},
		{maskPhone, "张三13800001234", "138****1234"},
		{maskPhone, "不便透露", "****"},
		{maskAccount, "A00012345", "A****45"},
		{maskAccount, "张三", "张**"},
		{maskAccount, "abc", "a**"},
		{maskAccount, "13800001234", "138****1234"},
		{maskContact, "wx_user_88", "w****88"},
		{maskCard, "11010119900101123X", "110****3X"},
		{maskCard, "E1234567", "****"},
		{maskHide, "某村3组", ""},
	}
	for _, c := range tests {
		if got := c.how.mask(c.in); got != c.want {
			t.Errorf("%s.mask(%q) = %q, want %q", c.how, c.in, got, c.want)
		}
	}
}

func TestSenderCountsAPersonOnce(t *testing.T) {
	same := []string{"13800001234", "138-0000-1234", " +86 138 0000 1234", "008613800001234", "１３８００００１２３４", "8613800001234"}
	first := maskPhone.sender(same[0], key)
	if len(first) != 32 {
		t.Fatalf("sender %q is not 16 bytes in hexadecimal", first)
	}
	for _, how := range []protect{maskPhone, maskContact, maskAccount} {
		for _, s := range same {
			if got := how.sender(s, key); got != first {
				t.Errorf("%s.sender(%q) = %s, want %s", how, s, got, first)
			}
		}
	}
	if maskPhone.sender("13800001235", key) == first || maskPhone.sender("13800001234", []byte("another")) == first {
		t.Error("another number, or another key, gives the same sender")
	}
	if maskAccount.sender("Ａ0001", key) != maskAccount.sender("a0001 ", key) {
		t.Error("one account in two spellings gives two senders")
	}
	for _, nobody := range []string{"", "110", "138****0000", "无号码"} {
		if got := maskPhone.sender(nobody, key); got != "" {
			t.Errorf("sender of %q = %s, want none", nobody, got)
		}
	}
	if got := maskName.sender("张伟", key); got != "" {
		t.Errorf("a bare name gives the sender %s, but many bear it", got)
	}
	if got := maskPhone.sender("13800001234", nil); got != "" {
		t.Errorf("without a key anybody could find the number of sender %s", got)
	}
}
