# What iptables takes and refuses after -j DNETMAP, in the form of iptables'
# own test suite: rule;listing;result. "=": the listing is the rule itself. For
# FAIL, which needs no listing, its place holds a part of the message.
:PREROUTING,POSTROUTING,OUTPUT
*nat
#
# The options, alone and together; listed in one order, whatever order is given.
-j DNETMAP;=;OK
-j DNETMAP --prefix 20.0.0.0/26;=;OK
-j DNETMAP --reuse;=;OK
-j DNETMAP --ttl 200;=;OK
-j DNETMAP --prefix 20.0.0.0/26 --reuse;=;OK
-j DNETMAP --prefix 20.0.0.0/26 --ttl 200;=;OK
-j DNETMAP --reuse --ttl 200;=;OK
-j DNETMAP --prefix 20.0.0.0/26 --reuse --ttl 200;=;OK
-j DNETMAP --ttl 200 --reuse --prefix 20.0.0.0/26;-j DNETMAP --prefix 20.0.0.0/26 --reuse --ttl 200;OK
-j DNETMAP --ttl 200 --prefix 20.0.0.0/26;-j DNETMAP --prefix 20.0.0.0/26 --ttl 200;OK
-j DNETMAP --ttl 200 --reuse;-j DNETMAP --reuse --ttl 200;OK
-j DNETMAP --reuse --prefix 20.0.0.0/26;-j DNETMAP --prefix 20.0.0.0/26 --reuse;OK
-j DNETMAP --prefix=20.0.0.0/26 --ttl=200;-j DNETMAP --prefix 20.0.0.0/26 --ttl 200;OK
#
# --prefix: the mask as length, dotted, or left out.
-j DNETMAP --prefix 20.0.0.0/8;=;OK
-j DNETMAP --prefix 20.128.0.0/9;=;OK
-j DNETMAP --prefix 20.1.2.128/25;=;OK
-j DNETMAP --prefix 20.1.2.2/31;=;OK
-j DNETMAP --prefix 20.1.2.3/32;=;OK
-j DNETMAP --prefix 20.1.2.3;-j DNETMAP --prefix 20.1.2.3/32;OK
-j DNETMAP --prefix 20.0.0.0/255.0.0.0;-j DNETMAP --prefix 20.0.0.0/8;OK
-j DNETMAP --prefix 20.0.0.0/255.255.255.192;-j DNETMAP --prefix 20.0.0.0/26;OK
-j DNETMAP --prefix 20.1.2.2/255.255.255.254;-j DNETMAP --prefix 20.1.2.2/31;OK
-j DNETMAP --prefix 20.1.2.3/255.255.255.255;-j DNETMAP --prefix 20.1.2.3/32;OK
#
# --prefix: the neighbours of what no host can own.
-j DNETMAP --prefix 1.0.0.0/8;=;OK
-j DNETMAP --prefix 126.0.0.0/8;=;OK
-j DNETMAP --prefix 128.0.0.0/8;=;OK
-j DNETMAP --prefix 223.0.0.0/8;=;OK
-j DNETMAP --prefix 240.0.0.0/8;=;OK
-j DNETMAP --prefix 255.0.0.0/8;=;OK
-j DNETMAP --prefix 255.255.255.254/31;=;OK
-j DNETMAP --prefix 255.255.255.254/32;=;OK
#
# --prefix: what no host can own.
-j DNETMAP --prefix 0.0.0.0/8;bad value "0.0.0.0/8" for "--prefix": expected addresses that hosts can have;FAIL
-j DNETMAP --prefix 0.0.0.0;bad value "0.0.0.0" for "--prefix": expected addresses that hosts can have;FAIL
-j DNETMAP --prefix 0.255.255.255;bad value "0.255.255.255" for "--prefix": expected addresses that hosts can have;FAIL
-j DNETMAP --prefix 127.0.0.0/8;bad value "127.0.0.0/8" for "--prefix": expected addresses that hosts can have;FAIL
-j DNETMAP --prefix 127.0.0.1;bad value "127.0.0.1" for "--prefix": expected addresses that hosts can have;FAIL
-j DNETMAP --prefix 127.255.255.0/24;bad value "127.255.255.0/24" for "--prefix": expected addresses that hosts can have;FAIL
-j DNETMAP --prefix 224.0.0.0/8;bad value "224.0.0.0/8" for "--prefix": expected addresses that hosts can have;FAIL
-j DNETMAP --prefix 239.0.0.0/8;bad value "239.0.0.0/8" for "--prefix": expected addresses that hosts can have;FAIL
-j DNETMAP --prefix 239.255.255.255;bad value "239.255.255.255" for "--prefix": expected addresses that hosts can have;FAIL
-j DNETMAP --prefix 255.255.255.255;bad value "255.255.255.255" for "--prefix": expected addresses that hosts can have;FAIL
-j DNETMAP --prefix 255.255.255.255/32;bad value "255.255.255.255/32" for "--prefix": expected addresses that hosts can have;FAIL
#
# --prefix: host bits.
-j DNETMAP --prefix 20.0.0.1/8;bad value "20.0.0.1/8" for "--prefix": expected the first address of the subnet;FAIL
-j DNETMAP --prefix 20.0.0.1/26;bad value "20.0.0.1/26" for "--prefix": expected the first address of the subnet;FAIL
-j DNETMAP --prefix 20.0.0.32/26;bad value "20.0.0.32/26" for "--prefix": expected the first address of the subnet;FAIL
-j DNETMAP --prefix 20.0.0.1/31;bad value "20.0.0.1/31" for "--prefix": expected the first address of the subnet;FAIL
-j DNETMAP --prefix 20.0.0.1/255.255.255.192;bad value "20.0.0.1/255.255.255.192" for "--prefix": expected the first address of the subnet;FAIL
-j DNETMAP --prefix 255.255.255.255/31;bad value "255.255.255.255/31" for "--prefix": expected the first address of the subnet;FAIL
#
# --prefix: masks that are too short, too long, broken, or none.
-j DNETMAP --prefix 0.0.0.0/0;bad value "0.0.0.0/0" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/0;bad value "20.0.0.0/0" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 128.0.0.0/1;bad value "128.0.0.0/1" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 64.0.0.0/2;bad value "64.0.0.0/2" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 32.0.0.0/3;bad value "32.0.0.0/3" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 16.0.0.0/4;bad value "16.0.0.0/4" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 16.0.0.0/5;bad value "16.0.0.0/5" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/6;bad value "20.0.0.0/6" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/7;bad value "20.0.0.0/7" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/0.0.0.0;bad value "20.0.0.0/0.0.0.0" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/254.0.0.0;bad value "20.0.0.0/254.0.0.0" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/33;bad value "20.0.0.0/33" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/-1;bad value "20.0.0.0/-1" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/4294967322;bad value "20.0.0.0/4294967322" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/255.0.255.0;bad value "20.0.0.0/255.0.255.0" for "--prefix": expected a mask from 8 to 32, as a length, or dotted without holes;FAIL
-j DNETMAP --prefix 20.0.0.0/255.255.255.191;bad value "20.0.0.0/255.255.255.191" for "--prefix": expected a mask from 8 to 32, as a length, or dotted without holes;FAIL
-j DNETMAP --prefix 20.0.0.0/0.0.0.63;bad value "20.0.0.0/0.0.0.63" for "--prefix": expected a mask from 8 to 32, as a length, or dotted without holes;FAIL
-j DNETMAP --prefix 20.0.0.0/255.255.255;bad value "20.0.0.0/255.255.255" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/255.255.255.256;bad value "20.0.0.0/255.255.255.256" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/;bad value "20.0.0.0/" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/26/26;bad value "20.0.0.0/26/26" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0//26;bad value "20.0.0.0//26" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/026;bad value "20.0.0.0/026" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/+26;bad value "20.0.0.0/+26" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/0x1a;bad value "20.0.0.0/0x1a" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/26x;bad value "20.0.0.0/26x" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix "20.0.0.0/ 26";bad value "20.0.0.0/ 26" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix "20.0.0.0/26 ";bad value "20.0.0.0/26 " for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0/ffffffc0;bad value "20.0.0.0/ffffffc0" for "--prefix": expected a mask from 8 to 32;FAIL
#
# --prefix: what is no address.
-j DNETMAP --prefix "";bad value "" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix /26;bad value "/26" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix localhost;bad value "localhost" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix localhost/32;bad value "localhost/32" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix example.com/24;bad value "example.com/24" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix garbage;bad value "garbage" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 20;bad value "20" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 20/8;bad value "20/8" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 20.0.0/24;bad value "20.0.0/24" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 20.0.0.0.0/24;bad value "20.0.0.0.0/24" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 20.0.0./24;bad value "20.0.0./24" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 20.0.0.256/32;bad value "20.0.0.256/32" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 223.255.255.2555;bad value "223.255.255.2555" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 223.255.255.255garbage/32;bad value "223.255.255.255garbage/32" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 20.0.0.-1/32;bad value "20.0.0.-1/32" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 020.0.0.0/8;bad value "020.0.0.0/8" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 0x14.0.0.0/8;bad value "0x14.0.0.0/8" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 335544320/8;bad value "335544320/8" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix " 20.0.0.0/26";bad value " 20.0.0.0/26" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 20.0.0.0-20.0.0.63;bad value "20.0.0.0-20.0.0.63" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 20.0.0.0/26,30.0.0.0/26;bad value "20.0.0.0/26,30.0.0.0/26" for "--prefix": expected a mask from 8 to 32;FAIL
-j DNETMAP --prefix 20.0.0.0:80;bad value "20.0.0.0:80" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix 2001:db8::/64;bad value "2001:db8::/64" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix ::ffff:20.0.0.0;bad value "::ffff:20.0.0.0" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix --reuse;bad value "--reuse" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --prefix;option "--prefix" requires an argument;FAIL
#
# --ttl: the whole range of a signed 32-bit integer.
-j DNETMAP --ttl 0;=;OK
-j DNETMAP --ttl 1;=;OK
-j DNETMAP --ttl -1;=;OK
-j DNETMAP --ttl -5;=;OK
-j DNETMAP --ttl=-5;-j DNETMAP --ttl -5;OK
-j DNETMAP --ttl 2147483647;=;OK
-j DNETMAP --ttl -2147483648;=;OK
#
# --ttl: out of range, and what is no plain decimal number.
-j DNETMAP --ttl 2147483648;bad value "2147483648" for "--ttl": expected seconds as a plain decimal number, -2147483648 to 2147483647;FAIL
-j DNETMAP --ttl -2147483649;bad value "-2147483649" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 4294967295;bad value "4294967295" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 4294967301;bad value "4294967301" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 18446744073709551621;bad value "18446744073709551621" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 99999999999999999999999999;bad value "99999999999999999999999999" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl "";bad value "" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl -;bad value "-" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl --5;bad value "--5" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl -0;bad value "-0" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 08;bad value "08" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 010;bad value "010" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl +5;bad value "+5" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl " 5";bad value " 5" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl "5 ";bad value "5 " for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 0x10;bad value "0x10" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 1e3;bad value "1e3" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 5.0;bad value "5.0" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 5s;bad value "5s" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 10m;bad value "10m" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl 1,000;bad value "1,000" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl ten;bad value "ten" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl --reuse;bad value "--reuse" for "--ttl": expected seconds;FAIL
-j DNETMAP --ttl;option "--ttl" requires an argument;FAIL
#
# Options that take no value, or none twice, or no "!", or do not exist.
-j DNETMAP --reuse 4;Bad argument `4';FAIL
-j DNETMAP --reuse=4;unknown option "--reuse=4";FAIL
-j DNETMAP 20.0.0.0/26;Bad argument `20.0.0.0/26';FAIL
-j DNETMAP --prefix 20.0.0.0/26 30.0.0.0/26;Bad argument `30.0.0.0/26';FAIL
-j DNETMAP --prefix 20.0.0.0/26 --prefix 20.0.0.0/26;option "--prefix" can only be used once;FAIL
-j DNETMAP --prefix 20.0.0.0/26 --prefix 30.0.0.0/26;option "--prefix" can only be used once;FAIL
-j DNETMAP --reuse --reuse;option "--reuse" can only be used once;FAIL
-j DNETMAP --ttl 5 --ttl 6;option "--ttl" can only be used once;FAIL
-j DNETMAP ! --prefix 20.0.0.0/26;option "--prefix" cannot be inverted;FAIL
-j DNETMAP ! --reuse;option "--reuse" cannot be inverted;FAIL
-j DNETMAP ! --ttl 5;option "--ttl" cannot be inverted;FAIL
-j DNETMAP --prefix ! 20.0.0.0/26;bad value "!" for "--prefix": expected an IPv4 address;FAIL
-j DNETMAP --ttl ! 5;bad value "!" for "--ttl": expected seconds;FAIL
-j DNETMAP --unknown;unknown option "--unknown";FAIL
-j DNETMAP --to 20.0.0.0/26;unknown option "--to";FAIL
#
# Static bindings and persistent prefixes.
-j DNETMAP --static;=;OK
-j DNETMAP --static --ttl -1;-j DNETMAP --ttl -1 --static;OK
-j DNETMAP --prefix 20.0.0.0/26 --static;=;OK
-j DNETMAP --prefix 20.0.0.0/26 --persistent;=;OK
-j DNETMAP --persistent --static --ttl 5 --reuse --prefix 20.0.0.0/26;-j DNETMAP --prefix 20.0.0.0/26 --reuse --ttl 5 --static --persistent;OK
-j DNETMAP --persistent;option "--persistent" also requires "--prefix";FAIL
-j DNETMAP --static --static;option "--static" can only be used once;FAIL
-j DNETMAP ! --static;option "--static" cannot be inverted;FAIL
-j DNETMAP --prefix 20.0.0.0/26 ! --persistent;option "--persistent" cannot be inverted;FAIL
#
# Own prefixes.
-j DNETMAP --prefix 20.0.0.0/26 --own;=;OK
-j DNETMAP --own --persistent --static --ttl 5 --reuse --prefix 20.0.0.0/26;-j DNETMAP --prefix 20.0.0.0/26 --reuse --ttl 5 --static --persistent --own;OK
-j DNETMAP --own;option "--own" also requires "--prefix";FAIL
-j DNETMAP --prefix 20.0.0.0/26 --own --own;option "--own" can only be used once;FAIL
-j DNETMAP --prefix 20.0.0.0/26 ! --own;option "--own" cannot be inverted;FAIL
#
# An option whose time has not come.
-j DNETMAP --hold-flows;"--hold-flows" is not supported by this version;FAIL
-j DNETMAP --prefix 20.0.0.0/26 --hold-flows;"--hold-flows" is not supported by this version;FAIL
